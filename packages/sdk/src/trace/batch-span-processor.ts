import { observeQueue } from "../self-observability/queue-metrics.ts";
import { observeAll, SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import type { Drainable, LastRequest } from "../exit/last-request.ts";
import { type BatchConfig, batchSettings } from "../common/batch-config.ts";
import { Batcher } from "../common/batcher.ts";
import { destinationFor } from "../common/batch-destination.ts";
import { exporterAndConfig, type WithExporter } from "../common/exporter-and-config.ts";
import { isSampled } from "./is-sampled.ts";
import type { ReadableSpan } from "./readable-span.ts";
import type { SpanExporter } from "./span-exporter.ts";
import type { SpanProcessor } from "./span-processor.ts";

/** Hands sampled spans to an exporter in batches. With an OTLP exporter, each is written as bytes as it ends. */
export class BatchSpanProcessor implements SpanProcessor, Drainable, SelfObserved {
  readonly #exporter: SpanExporter;
  readonly #batcher: Batcher<ReadableSpan>;
  #shutdown: Promise<void> | undefined;

  constructor(
    exporterOrOptions: SpanExporter | WithExporter<SpanExporter, BatchConfig>,
    exporterConfig: BatchConfig = {},
  ) {
    const { exporter, config } = exporterAndConfig(exporterOrOptions, exporterConfig);
    this.#exporter = exporter;
    this.#batcher = new Batcher(
      batchSettings("spans", "OTEL_BSP", { scheduledDelayMillis: 5_000 }, config),
      destinationFor<ReadableSpan>(exporter),
    );
    if (config.selfObsMeterProvider !== undefined) this.observeWith(new SdkObserver(config.selfObsMeterProvider));
  }

  /** Spans that were not exported because the queue was full. */
  get droppedCount(): number {
    return this.#batcher.droppedCount;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#shutdown !== undefined) return;
    if (isSampled(span)) this.#batcher.add(span);
  }

  observeWith(observer: SdkObserver): void {
    observeQueue(observer, "span", () => this.#batcher.queueState);
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
