import type { ExportResult, ReadableLogRecord, ReadableSpan, ResourceMetrics } from "./index.ts";
import { ExportResultCode } from "./index.ts";

/** An exporter as a user would write one: keeps what it gets, and answers at once, or when the test says so. */
class CollectingExporter<Exported> {
  readonly exports: Exported[] = [];
  shutdownCount = 0;
  readonly #answers: ((result: ExportResult) => void)[] = [];
  readonly #isHeld: boolean;

  constructor({ isHeld = false } = {}) {
    this.#isHeld = isHeld;
  }

  export(exported: Exported, resultCallback: (result: ExportResult) => void): void {
    this.exports.push(exported);
    if (this.#isHeld) this.#answers.push(resultCallback);
    else resultCallback({ code: ExportResultCode.SUCCESS });
  }

  /** Answers the oldest export that waits. */
  answer(): void {
    this.#answers.shift()?.({ code: ExportResultCode.SUCCESS });
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.shutdownCount++;
    return Promise.resolve();
  }
}

export class CollectingSpanExporter extends CollectingExporter<ReadableSpan[]> {
  get names(): string[][] {
    return this.exports.map((spans) => spans.map(({ name }) => name));
  }
}

export class CollectingLogRecordExporter extends CollectingExporter<ReadableLogRecord[]> {}

export class CollectingMetricExporter extends CollectingExporter<ResourceMetrics> {}
