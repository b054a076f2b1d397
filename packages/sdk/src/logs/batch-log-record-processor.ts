import { observeQueue } from "../self-observability/queue-metrics.ts";
import { observeAll, SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import type { Drainable, LastRequest } from "../exit/last-request.ts";
import { type BatchConfig, batchSettings } from "../common/batch-config.ts";
import { destinationFor, takesBatches } from "../common/batch-destination.ts";
import { exporterAndConfig, type WithExporter } from "../common/exporter-and-config.ts";
import { Batcher } from "../common/batcher.ts";
import type { LogRecordExporter } from "./log-record-exporter.ts";
import type { LogRecordProcessor } from "./log-record-processor.ts";
import type { ReadableLogRecord, SdkLogRecord } from "./readable-log-record.ts";

/** Hands log records to an exporter in batches. With an OTLP exporter, each is written as bytes at once. */
export class BatchLogRecordProcessor implements LogRecordProcessor, Drainable, SelfObserved {
  readonly readsAtOnce: boolean;
  readonly #exporter: LogRecordExporter;
  readonly #batcher: Batcher<ReadableLogRecord>;
  #shutdown: Promise<void> | undefined;

  constructor(
    exporterOrOptions: LogRecordExporter | WithExporter<LogRecordExporter, BatchConfig>,
    exporterConfig: BatchConfig = {},
  ) {
    const { exporter, config } = exporterAndConfig(exporterOrOptions, exporterConfig);
    this.#exporter = exporter;
    // A class that is made of this one may keep what it is told of.
    this.readsAtOnce = new.target === BatchLogRecordProcessor && takesBatches(exporter);
    this.#batcher = new Batcher(
      batchSettings("log records", "OTEL_BLRP", { scheduledDelayMillis: 1_000 }, config),
      destinationFor<ReadableLogRecord>(exporter),
    );
    if (config.selfObsMeterProvider !== undefined) this.observeWith(new SdkObserver(config.selfObsMeterProvider));
  }

  /** Records that were not exported because the queue was full. */
  get droppedCount(): number {
    return this.#batcher.droppedCount;
  }

  onEmit(logRecord: SdkLogRecord): void {
    if (this.#shutdown === undefined) this.#batcher.add(logRecord);
  }

  observeWith(observer: SdkObserver): void {
    observeQueue(observer, "log", () => this.#batcher.queueState);
    observeAll([this.#exporter], observer);
  }

  async forceFlush(): Promise<void> {
    if (this.#shutdown !== undefined) return this.#shutdown;
    await this.#batcher.flush();
    await this.#exporter.forceFlush?.();
  }

  drain(isEnd: boolean): readonly LastRequest[] {
    return this.#batcher.drain(isEnd);
  }

  shutdown(): Promise<void> {
    this.#shutdown ??= this.#batcher.flush().then(() => this.#exporter.shutdown());
    return this.#shutdown;
  }
}
