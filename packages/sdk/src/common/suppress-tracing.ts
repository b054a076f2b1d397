/** The mark in a context that stops spans from being made: the exporters' own requests carry it. */
import { type Context, context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";

// The key of the official SDK, so that its instrumentations see our mark and we see theirs.
const SUPPRESS_TRACING: symbol = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

export function suppressTracing(context: Context): Context {
  return context.setValue(SUPPRESS_TRACING, true);
}

export function unsuppressTracing(context: Context): Context {
  return context.deleteValue(SUPPRESS_TRACING);
}

export function isTracingSuppressed(context: Context): boolean {
  return context.getValue(SUPPRESS_TRACING) === true;
}

/** Runs `task` so that nothing it calls is traced, and under no span. */
export function untraced<Result>(task: () => Result): Result {
  return context.with(suppressTracing(ROOT_CONTEXT), task);
}
