import {
  type Context,
  isSpanContextValid,
  isValidSpanId,
  isValidTraceId,
  type SpanContext,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "../common/suppress-tracing.ts";

const TRACE_ID_DIGITS = 32;

/** What may be sent on: the context's span context, unless it is invalid or tracing is suppressed. */
export function injectableSpanContext(context: Context): SpanContext | undefined {
  const spanContext = trace.getSpanContext(context);
  if (spanContext === undefined || isTracingSuppressed(context)) return undefined;
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}

export function isSampled(spanContext: SpanContext): boolean {
  return (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0;
}

/**
 * A span context that came from elsewhere, for the formats that predate W3C's: ids in any case, and
 * trace ids of 64 bits, which get zeros in front. `undefined` when an id is malformed or zero.
 */
export function remoteSpanContext(
  traceId: string | undefined,
  spanId: string | undefined,
  sampled: boolean,
): SpanContext | undefined {
  const wholeTraceId = (traceId ?? "").toLowerCase().padStart(TRACE_ID_DIGITS, "0");
  const lowerSpanId = (spanId ?? "").toLowerCase();
  if (!isValidTraceId(wholeTraceId) || !isValidSpanId(lowerSpanId)) return undefined;
  return {
    traceId: wholeTraceId,
    spanId: lowerSpanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
}
