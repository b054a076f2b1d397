import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type SpanContext,
  type TextMapPropagator,
  trace,
  TraceFlags,
} from "@opentelemetry/api";

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
export const SPAN_ID = "b7ad6b7169203331";

export type Headers = Readonly<Record<string, string | string[]>>;

/** A context with a span that began elsewhere; sampled unless told otherwise. */
export function contextWithSpan(changes: Partial<SpanContext> = {}): Context {
  const spanContext = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: TraceFlags.SAMPLED, ...changes };
  return trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

export function extract(propagator: TextMapPropagator, headers: Headers, context: Context = ROOT_CONTEXT): Context {
  return propagator.extract(context, headers, defaultTextMapGetter);
}

export function extractedSpan(propagator: TextMapPropagator, headers: Headers): SpanContext | undefined {
  return trace.getSpanContext(extract(propagator, headers));
}

export function inject(propagator: TextMapPropagator, context: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(context, headers, defaultTextMapSetter);
  return headers;
}
