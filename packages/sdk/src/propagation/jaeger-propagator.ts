import {
  type Context,
  propagation,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { firstHeader, headersWithPrefix, isHeaderName } from "./carrier-header.ts";
import { injectableSpanContext, isSampled, remoteSpanContext } from "./remote-span-context.ts";
import { isTracingSuppressed } from "../common/suppress-tracing.ts";

export const UBER_TRACE_ID_HEADER = "uber-trace-id";
export const UBER_BAGGAGE_HEADER_PREFIX = "uberctx";
const PATTERN = /^([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{1,16}:([0-9a-f]{1,2})$/i;
const SPAN_ID_DIGITS = 16;

export interface JaegerPropagatorConfig {
  /** `uber-trace-id` unless given. */
  readonly customTraceHeader?: string;
  /** `uberctx` unless given; a hyphen and the name of the entry follow it. */
  readonly customBaggageHeaderPrefix?: string;
}

/**
 * Carries the span context and baggage as Jaeger's own clients did.
 * Source: jaegertracing.io, "Propagation Format".
 */
export class JaegerPropagator implements TextMapPropagator {
  readonly #traceHeader: string;
  readonly #baggagePrefix: string;

  /** A text alone is the name of the trace header. */
  constructor(config: JaegerPropagatorConfig | string = {}) {
    const { customTraceHeader, customBaggageHeaderPrefix } =
      typeof config === "string" ? { customTraceHeader: config, customBaggageHeaderPrefix: undefined } : config;
    this.#traceHeader = customTraceHeader || UBER_TRACE_ID_HEADER;
    this.#baggagePrefix = `${customBaggageHeaderPrefix || UBER_BAGGAGE_HEADER_PREFIX}-`.toLowerCase();
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const spanContext = injectableSpanContext(context);
    if (spanContext !== undefined) setter.set(carrier, this.#traceHeader, serialize(spanContext));
    if (isTracingSuppressed(context)) return;
    for (const [name, { value }] of propagation.getBaggage(context)?.getAllEntries() ?? []) {
      if (isHeaderName(name)) setter.set(carrier, `${this.#baggagePrefix}${name}`, encodeURIComponent(value));
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const spanContext = parse(firstHeader(carrier, getter, this.#traceHeader) ?? "");
    const extracted = spanContext === undefined ? context : trace.setSpanContext(context, spanContext);
    const entries = headersWithPrefix(carrier, getter, this.#baggagePrefix);
    if (entries.length === 0) return extracted;
    let baggage = propagation.getBaggage(context) ?? propagation.createBaggage();
    for (const [name, text] of entries) {
      const value = decoded(text);
      if (value !== undefined) baggage = baggage.setEntry(name, { value });
    }
    return propagation.setBaggage(extracted, baggage);
  }

  fields(): string[] {
    return [this.#traceHeader];
  }
}

/** Of the flags, 1 is sampled in both worlds; 2 is W3C's "random" but Jaeger's "debug", so it is not sent. */
function serialize(spanContext: SpanContext): string {
  return `${spanContext.traceId}:${spanContext.spanId}:0:${isSampled(spanContext) ? "01" : "00"}`;
}

/** `{trace id}:{span id}:{parent span id}:{flags}`, whose colons may be percent-encoded; leading zeros may be absent. */
function parse(header: string): SpanContext | undefined {
  const [, traceId, spanId, flags = "0"] = PATTERN.exec(decoded(header) ?? "") ?? [];
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return remoteSpanContext(traceId, spanId?.padStart(SPAN_ID_DIGITS, "0"), sampled);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
