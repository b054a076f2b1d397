/** The mark in a context that stops spans from being made: the exporters' own requests carry it. */
import { type Context, context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "../context/async-local-storage-context-manager.ts";
import { apiGlobal } from "./api-global.ts";

// The key of the official SDK, so that its instrumentations see our mark and we see theirs.
const SUPPRESS_TRACING: symbol = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

export function suppressTracing(context: Context): Context {
  return context.setValue(SUPPRESS_TRACING, true);
}

export function unsuppressTracing(context: Context): Context {
  return context.deleteValue(SUPPRESS_TRACING);
}

/** While `untracedAtOnce` runs without a context of its own. */
let isSuppressedNow = false;

export function isTracingSuppressed(context: Context): boolean {
  // Nothing is in the root context.
  return isSuppressedNow || (context !== ROOT_CONTEXT && context.getValue(SUPPRESS_TRACING) === true);
}

/** Runs `task` so that nothing it calls is traced, and under no span. */
export function untraced<Result>(task: () => Result): Result {
  return context.with(suppressTracing(ROOT_CONTEXT), task);
}

/**
 * The same, but sure only for what `task` calls before it returns. Where no context was ever made active, none is: Node keeps track of each
 * promise and callback from then on, which is a tenth of what a log record costs.
 */
export function untracedAtOnce<Result>(task: () => Result): Result {
  const manager = apiGlobal()?.context;
  if (!(manager instanceof AsyncLocalStorageContextManager) || manager.isInUse) return untraced(task);
  const wasSuppressed = isSuppressedNow;
  isSuppressedNow = true;
  try {
    return task();
  } finally {
    isSuppressedNow = wasSuppressed;
  }
}
