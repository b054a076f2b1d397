import { context, trace } from "@opentelemetry/api";
import type { Environment } from "../instrumentation.ts";
import { readBoolean } from "../settings.ts";

/** The fields by which a log line names the span that it belongs to. Source: "Trace context in non-OTLP log formats". */
export interface TraceFields {
  readonly trace_id: string;
  readonly span_id: string;
  /** Two hexadecimal digits. */
  readonly trace_flags: string;
}

/** Of the active span; undefined where there is none. */
export function activeTraceFields(): TraceFields | undefined {
  const spanContext = trace.getSpanContext(context.active());
  if (spanContext === undefined || !trace.isSpanContextValid(spanContext)) return undefined;
  const { traceId, spanId, traceFlags } = spanContext;
  return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, "0") };
}

/** `OTEL_NODE_LOG_CORRELATION`: whether log lines get these fields. */
export function correlatesLogs(env: Environment): boolean {
  return readBoolean(env, "OTEL_NODE_LOG_CORRELATION", true);
}
