import { type Context, diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { type Drainable, drainAll, type LastRequest } from "../exit/last-request.ts";
import { observeAll, type SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import type { ReadableSpan } from "./readable-span.ts";
import type { Span, SpanProcessor } from "./span-processor.ts";

/** Tells several processors, in order. One that throws is reported and does not stop the others. No function is made for a span. */
export class MultiSpanProcessor implements SpanProcessor, Drainable, SelfObserved {
  readonly #processors: readonly SpanProcessor[];

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors;
  }

  onStart(span: Span, parentContext: Context): void {
    for (const processor of this.#processors) {
      try {
        processor.onStart(span, parentContext);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  onEnding(span: Span): void {
    for (const processor of this.#processors) {
      try {
        processor.onEnding?.(span);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) {
      try {
        processor.onEnd(span);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  drain(isEnd: boolean): readonly LastRequest[] {
    return drainAll(this.#processors, isEnd);
  }

  observeWith(observer: SdkObserver): void {
    observeAll(this.#processors, observer);
  }

  async forceFlush(): Promise<void> {
    await this.#await("forceFlush");
  }

  async shutdown(): Promise<void> {
    await this.#await("shutdown");
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

function report(thrown: unknown): void {
  diag.error(`a span processor failed: ${messageOf(thrown)}`);
}
