import { type Context, diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { ReadableSpan } from "./readable-span.ts";
import type { Span, SpanProcessor } from "./span-processor.ts";

/** Tells several processors, in order. One that throws is reported and does not stop the others. */
export class MultiSpanProcessor implements SpanProcessor {
  readonly #processors: readonly SpanProcessor[];

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors;
  }

  onStart(span: Span, parentContext: Context): void {
    this.#tell((processor) => processor.onStart(span, parentContext));
  }

  onEnding(span: Span): void {
    this.#tell((processor) => processor.onEnding?.(span));
  }

  onEnd(span: ReadableSpan): void {
    this.#tell((processor) => processor.onEnd(span));
  }

  async forceFlush(): Promise<void> {
    await this.#await("forceFlush");
  }

  async shutdown(): Promise<void> {
    await this.#await("shutdown");
  }

  #tell(task: (processor: SpanProcessor) => void): void {
    for (const processor of this.#processors) {
      try {
        task(processor);
      } catch (thrown) {
        diag.error(`a span processor failed: ${messageOf(thrown)}`);
      }
    }
  }

  async #await(operation: "forceFlush" | "shutdown"): Promise<void> {
    const outcomes = await Promise.allSettled(this.#processors.map(async (processor) => processor[operation]()));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        diag.error(`a span processor failed at ${operation}: ${messageOf(outcome.reason)}`);
      }
    }
  }
}
