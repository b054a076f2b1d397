import { TraceFlags } from "@opentelemetry/api";
import type { ReadableSpan } from "./readable-span.ts";
import { RecordingSpan } from "./recording-span.ts";

/** Whether a span is to be exported. Of our own spans no context is made to tell. */
export function isSampled(span: ReadableSpan): boolean {
  return span instanceof RecordingSpan
    ? span.identity.isSampled
    : (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
