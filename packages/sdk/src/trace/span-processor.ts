import type { Context, Span as ApiSpan } from "@opentelemetry/api";
import type { ReadableSpan } from "./readable-span.ts";

/** A span that is still open: it can be read and written. */
export type Span = ApiSpan & ReadableSpan;

/** Is told of every recorded span. Called in the order in which the processors were given. */
export interface SpanProcessor {
  onStart(span: Span, parentContext: Context): void;
  /** The span is about to end and can still be written. Its end time is set. */
  onEnding?(span: Span): void;
  onEnd(span: ReadableSpan): void;
  /** Resolves when every span that ended before the call has been handed on. */
  forceFlush(): Promise<void>;
  /** Flushes, then releases everything. Safe to call twice. */
  shutdown(): Promise<void>;
}
