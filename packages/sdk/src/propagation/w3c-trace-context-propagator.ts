import {
  type Context,
  isSpanContextValid,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "../common/suppress-tracing.ts";
import { W3CTraceState } from "./w3c-trace-state.ts";

export const TRACE_PARENT_HEADER = "traceparent";
export const TRACE_STATE_HEADER = "tracestate";
// A comma is how HTTP servers join a header that came twice.
const PATTERN = /^[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^,]*)?[ \t]*$/;
/** Of the flags, level 2 of the recommendation defines `sampled` (1) and `random` (2). */
const KNOWN_FLAGS = 0x03;

/** Carries the span context in the headers `traceparent` and `tracestate`. Source: W3C Trace Context. */
export class W3CTraceContextPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const spanContext = trace.getSpanContext(context);
    if (spanContext === undefined || isTracingSuppressed(context) || !isSpanContextValid(spanContext)) return;
    const { traceId, spanId, traceFlags, traceState } = spanContext;
    const flags = (traceFlags & KNOWN_FLAGS).toString(16).padStart(2, "0");
    setter.set(carrier, TRACE_PARENT_HEADER, `00-${traceId}-${spanId}-${flags}`);
    const state = traceState?.serialize() ?? "";
    if (state !== "") setter.set(carrier, TRACE_STATE_HEADER, state);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = only(getter.get(carrier, TRACE_PARENT_HEADER));
    const spanContext = header === undefined ? undefined : parseTraceParent(header);
    if (spanContext === undefined) return context;
    const traceState = W3CTraceState.parse(joined(getter.get(carrier, TRACE_STATE_HEADER)));
    return trace.setSpanContext(context, {
      ...spanContext,
      isRemote: true,
      ...(traceState !== undefined && { traceState }),
    });
  }

  fields(): string[] {
    return [TRACE_PARENT_HEADER, TRACE_STATE_HEADER];
  }
}

/** Reads a `traceparent`. Later versions may have more parts; version `ff` and all-zero ids are invalid. */
export function parseTraceParent(header: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags, rest] = PATTERN.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & KNOWN_FLAGS };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}

/** A header that was sent twice is not one to believe. */
function only(header: string | string[] | undefined): string | undefined {
  if (!Array.isArray(header)) return header;
  return header.length === 1 ? header[0] : undefined;
}

function joined(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(",") : (header ?? "");
}
