import { type Attributes, diag, type Histogram } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { afterUnheld } from "../common/process-hold.ts";
import { type ExportResult, failure, toError } from "../common/export-result.ts";
import { observeAll, type SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import type { Drainable, LastRequest } from "../exit/last-request.ts";
import { untraced } from "../common/suppress-tracing.ts";
import { WallClock } from "../common/wall-clock.ts";
import { type Environment, readNumber } from "../config/environment.ts";
import { whenResourcesAreKnown } from "../resource/resource.ts";
import { InstrumentType } from "./instrument-type.ts";
import type { ResourceMetrics } from "./metric-data.ts";
import { type MetricBatchExporter, type PushMetricExporter, takesBatches } from "./metric-exporter.ts";
import type { MetricFilter } from "./metric-filter.ts";
import { type MetricProducer, MetricReader } from "./metric-reader.ts";
import { splitMetrics } from "./split-metrics.ts";

export interface PeriodicExportingMetricReaderOptions {
  readonly exporter: PushMetricExporter;
  /** 60000, unless given here or by `OTEL_METRIC_EXPORT_INTERVAL`. */
  readonly exportIntervalMillis?: number;
  /** 30000, unless given here or by `OTEL_METRIC_EXPORT_TIMEOUT`; never longer than the interval. */
  readonly exportTimeoutMillis?: number;
  /** How many data points go in one export at most; as many as there are unless given. */
  readonly maxExportBatchSize?: number;
  /** How many series an instrument may have, by its type. 2000 */
  readonly cardinalityLimits?: CardinalityLimits;
  /** Further sources beside the SDK. Their resources are ignored. */
  readonly metricProducers?: readonly MetricProducer[];
  /** What is to be collected. */
  readonly metricFilter?: MetricFilter;
  readonly clock?: Clock;
  readonly env?: Environment;
}

export interface CardinalityLimits {
  readonly counter?: number;
  readonly gauge?: number;
  readonly histogram?: number;
  readonly upDownCounter?: number;
  readonly observableCounter?: number;
  readonly observableGauge?: number;
  readonly observableUpDownCounter?: number;
  /** For the types that are not given. 2000 */
  readonly default?: number;
}

const LIMIT_NAMES: Readonly<Record<InstrumentType, keyof CardinalityLimits>> = {
  [InstrumentType.COUNTER]: "counter",
  [InstrumentType.GAUGE]: "gauge",
  [InstrumentType.HISTOGRAM]: "histogram",
  [InstrumentType.UP_DOWN_COUNTER]: "upDownCounter",
  [InstrumentType.OBSERVABLE_COUNTER]: "observableCounter",
  [InstrumentType.OBSERVABLE_GAUGE]: "observableGauge",
  [InstrumentType.OBSERVABLE_UP_DOWN_COUNTER]: "observableUpDownCounter",
};

/** Collects and exports at an interval, one export at a time. */
export class PeriodicExportingMetricReader extends MetricReader implements Drainable, SelfObserved {
  readonly #exporter: PushMetricExporter;
  readonly #batchExporter: MetricBatchExporter | undefined;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #maxExportBatchSize: number | undefined;
  #stopTimer: (() => void) | undefined;
  #last: Promise<void> = Promise.resolve();
  // One that waits for the last, and has collected nothing yet.
  #next: Promise<void> | undefined;
  #isExporting = false;
  // Exports without a result, of which the timeout may have passed.
  readonly #underWay = new Set<Promise<void>>();
  #component: Attributes = {};
  #collectionDuration: Histogram | undefined;

  constructor(options: PeriodicExportingMetricReaderOptions) {
    const { exporter, env = process.env, cardinalityLimits, metricProducers = [] } = options;
    super({
      aggregationSelector: (type) => exporter.selectAggregation?.(type),
      aggregationTemporalitySelector: (type) => exporter.selectAggregationTemporality?.(type),
      cardinalitySelector: (type) => cardinalityLimits?.[LIMIT_NAMES[type]] ?? cardinalityLimits?.default,
      metricProducers,
      ...(options.metricFilter !== undefined && { metricFilter: options.metricFilter }),
    });
    this.#exporter = exporter;
    this.#maxExportBatchSize = validSize(options.maxExportBatchSize);
    const takesSeries = metricProducers.length === 0 && this.#maxExportBatchSize === undefined;
    this.#batchExporter = takesSeries && takesBatches(exporter) ? exporter : undefined;
    this.#clock = options.clock ?? new WallClock();
    this.#intervalMs = validMs(
      "exportIntervalMillis",
      options.exportIntervalMillis ?? readNumber(env, "OTEL_METRIC_EXPORT_INTERVAL", 1),
      60_000,
    );
    const timeoutMs = validMs(
      "exportTimeoutMillis",
      options.exportTimeoutMillis ?? readNumber(env, "OTEL_METRIC_EXPORT_TIMEOUT", 1),
      30_000,
    );
    this.#timeoutMs = Math.min(timeoutMs, this.#intervalMs);
  }

  observeWith(observer: SdkObserver): void {
    this.#component = observer.component("periodic_metric_reader");
    this.#collectionDuration = observer.meter.createHistogram("otel.sdk.metric_reader.collection.duration", {
      unit: "s",
      description: "The duration of the collect operation of the metric reader.",
    });
    observeAll([this.#exporter], observer);
  }

  /** Collects what can be without waiting. An exporter of objects may have done its work when it returns. */
  drain(isEnd: boolean): readonly LastRequest[] {
    const exporter = this.#batchExporter;
    if (exporter === undefined) {
      this.#exportObjectsNow();
      return [];
    }
    const batch = exporter.createBatch();
    this.collectNow(batch, { timeoutMillis: this.#timeoutMs });
    return exporter.drain(batch.count > 0 ? [batch] : [], isEnd);
  }

  protected override onInitialized(): void {
    this.#stopTimer = this.#clock.every(this.#intervalMs, () => {
      // A slow export makes the interval longer instead of piling up, also when nobody waits for it any more.
      if (!this.#isExporting && this.#underWay.size === 0) void this.#collectAndExport();
    });
  }

  protected async onForceFlush(): Promise<void> {
    await this.#collectAndExport();
    await this.#exporter.forceFlush();
  }

  protected async onShutdown(): Promise<void> {
    this.#stopTimer?.();
    try {
      await this.onForceFlush();
    } finally {
      await this.#exporter.shutdown();
    }
  }

  /** Waits for the export under way, then does one that holds everything measured before the call. Never rejects. */
  #collectAndExport(): Promise<void> {
    this.#next ??= this.#exportAfter(this.#last);
    this.#last = this.#next;
    return this.#next;
  }

  async #exportAfter(previous: Promise<void>): Promise<void> {
    await previous;
    this.#next = undefined;
    this.#isExporting = true;
    try {
      await (this.#batchExporter === undefined ? this.#exportObjects() : this.#exportSeries(this.#batchExporter));
    } catch (thrown) {
      diag.error(`export of metrics failed: ${messageOf(thrown)}`);
    } finally {
      this.#isExporting = false;
    }
  }

  async #exportSeries(exporter: MetricBatchExporter): Promise<void> {
    const batch = exporter.createBatch();
    const startMs = performance.now();
    const errors = await this.collectInto(batch, { timeoutMillis: this.#timeoutMs });
    this.#collectionDuration?.record((performance.now() - startMs) / 1_000, this.#component);
    reportErrors(errors);
    if (batch.count > 0) await this.#withTimeout(() => exporter.exportBatch(batch));
  }

  async #exportObjects(): Promise<void> {
    const startMs = performance.now();
    const { resourceMetrics, errors } = await this.collect({ timeoutMillis: this.#timeoutMs });
    this.#collectionDuration?.record((performance.now() - startMs) / 1_000, this.#component);
    reportErrors(errors);
    if (resourceMetrics.scopeMetrics.length === 0) return;
    const waiting = whenResourcesAreKnown([resourceMetrics.resource]);
    if (waiting !== undefined) await waiting;
    for (const part of splitMetrics(resourceMetrics, this.#maxExportBatchSize)) {
      await this.#withTimeout(() => this.#export(part));
    }
  }

  #exportObjectsNow(): void {
    const metrics = this.collectObjectsNow({ timeoutMillis: this.#timeoutMs });
    if (metrics === undefined || metrics.scopeMetrics.length === 0) return;
    for (const part of splitMetrics(metrics, this.#maxExportBatchSize)) {
      this.#export(part).catch((thrown: unknown) => diag.error(`export of metrics failed: ${messageOf(thrown)}`));
    }
  }

  #export(metrics: ResourceMetrics): Promise<ExportResult> {
    return new Promise((resolve) => untraced(() => this.#exporter.export(metrics, resolve)));
  }

  /** No two exports run at once, so one that had no answer in time keeps the next from beginning. */
  async #withTimeout(task: () => Promise<ExportResult>): Promise<void> {
    const { error } = await new Promise<ExportResult>((resolve) => {
      let isLate = false;
      const cancelTimer = afterUnheld(this.#clock, this.#timeoutMs, () => {
        isLate = true;
        resolve(failure(new Error(`no answer within ${this.#timeoutMs} ms`)));
      });
      const ended = Promise.all(this.#underWay)
        .then(() => (isLate ? failure(new Error("there was no time for it")) : task()))
        .catch((thrown: unknown) => failure(toError(thrown)))
        .then(resolve)
        .finally(() => {
          cancelTimer();
          this.#underWay.delete(ended);
        });
      this.#underWay.add(ended);
    });
    if (error !== undefined) diag.error(`export of metrics failed: ${error.message}`);
  }
}

function reportErrors(errors: readonly unknown[]): void {
  for (const thrown of errors) diag.error(`the callback of an observable instrument failed: ${messageOf(thrown)}`);
}

function validMs(name: string, value: number | undefined, byDefault: number): number {
  if (value === undefined || (Number.isFinite(value) && value > 0)) return value ?? byDefault;
  diag.warn(`${name} is ${value}, expected milliseconds above 0: ${byDefault} is used`);
  return byDefault;
}

function validSize(size: number | undefined): number | undefined {
  if (size === undefined || (Number.isInteger(size) && size > 0)) return size;
  diag.warn(`maxExportBatchSize is ${size}, expected a whole number above 0: exports are not split`);
  return undefined;
}
