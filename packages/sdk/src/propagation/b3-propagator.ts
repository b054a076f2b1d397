import {
  type Context,
  createContextKey,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { firstHeader } from "./carrier-header.ts";
import { injectableSpanContext, isSampled, remoteSpanContext } from "./remote-span-context.ts";

export const B3_CONTEXT_HEADER = "b3";
export const X_B3_TRACE_ID = "x-b3-traceid";
export const X_B3_SPAN_ID = "x-b3-spanid";
/** Neither read nor sent. */
export const X_B3_PARENT_SPAN_ID = "x-b3-parentspanid";
export const X_B3_SAMPLED = "x-b3-sampled";
export const X_B3_FLAGS = "x-b3-flags";
const SINGLE_PATTERN = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/i;
const MULTI_TRACE_ID = /^(?:[0-9a-f]{16}){1,2}$/i;

// The key of the official propagator, so that a context of either is understood by the other.
const DEBUG_FLAG: symbol = createContextKey("OpenTelemetry Context Key B3 Debug Flag");

export const B3InjectEncoding = { SINGLE_HEADER: 0, MULTI_HEADER: 1, 0: "SINGLE_HEADER", 1: "MULTI_HEADER" } as const;
export type B3InjectEncoding = Extract<(typeof B3InjectEncoding)[keyof typeof B3InjectEncoding], number>;

export interface B3PropagatorConfig {
  /** `SINGLE_HEADER` unless given. Both forms are read either way. */
  readonly injectEncoding?: B3InjectEncoding;
}

interface Extracted {
  readonly spanContext: SpanContext;
  readonly isDebug: boolean;
}

/**
 * Carries the span context as Zipkin does: in the header `b3`, or in several `x-b3-*`. Zipkin's debug
 * flag is kept in the context and sent on. Source: specification, "B3 Requirements".
 */
export class B3Propagator implements TextMapPropagator {
  readonly #isMulti: boolean;

  constructor(config: B3PropagatorConfig = {}) {
    this.#isMulti = config.injectEncoding === B3InjectEncoding.MULTI_HEADER;
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const spanContext = injectableSpanContext(context);
    if (spanContext === undefined) return;
    const { traceId, spanId } = spanContext;
    const isDebug = context.getValue(DEBUG_FLAG) !== undefined;
    const sampled = isSampled(spanContext) ? "1" : "0";
    if (!this.#isMulti)
      return setter.set(carrier, B3_CONTEXT_HEADER, `${traceId}-${spanId}-${isDebug ? "d" : sampled}`);
    setter.set(carrier, X_B3_TRACE_ID, traceId);
    setter.set(carrier, X_B3_SPAN_ID, spanId);
    // Debug implies sampled, which is then not sent.
    if (isDebug) setter.set(carrier, X_B3_FLAGS, "1");
    else setter.set(carrier, X_B3_SAMPLED, sampled);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const extracted = extractSingle(carrier, getter) ?? extractMulti(carrier, getter);
    if (extracted === undefined) return context;
    const marked = extracted.isDebug ? context.setValue(DEBUG_FLAG, "1") : context.deleteValue(DEBUG_FLAG);
    return trace.setSpanContext(marked, extracted.spanContext);
  }

  fields(): string[] {
    return this.#isMulti ? [X_B3_TRACE_ID, X_B3_SPAN_ID, X_B3_FLAGS, X_B3_SAMPLED] : [B3_CONTEXT_HEADER];
  }
}

/** `{trace id}-{span id}[-{0, 1 or d}[-{parent span id}]]`. */
function extractSingle(carrier: unknown, getter: TextMapGetter): Extracted | undefined {
  const match = SINGLE_PATTERN.exec(firstHeader(carrier, getter, B3_CONTEXT_HEADER) ?? "");
  if (match === null) return undefined;
  const [, traceId, spanId, state] = match;
  const isDebug = state?.toLowerCase() === "d";
  return withContext(remoteSpanContext(traceId, spanId, isDebug || state === "1"), isDebug);
}

function extractMulti(carrier: unknown, getter: TextMapGetter): Extracted | undefined {
  const traceId = firstHeader(carrier, getter, X_B3_TRACE_ID) ?? "";
  const isDebug = firstHeader(carrier, getter, X_B3_FLAGS) === "1";
  const sampled = firstHeader(carrier, getter, X_B3_SAMPLED)?.toLowerCase();
  const isKnown = isDebug || sampled === undefined || ["0", "1", "true", "false"].includes(sampled);
  if (!MULTI_TRACE_ID.test(traceId) || !isKnown) return undefined;
  const isKept = isDebug || sampled === "1" || sampled === "true";
  return withContext(remoteSpanContext(traceId, firstHeader(carrier, getter, X_B3_SPAN_ID), isKept), isDebug);
}

function withContext(spanContext: SpanContext | undefined, isDebug: boolean): Extracted | undefined {
  return spanContext === undefined ? undefined : { spanContext, isDebug };
}
