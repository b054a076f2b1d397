import { diag } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { type ExportResult, failure, toError } from "../common/export-result.ts";
import { untraced } from "../common/suppress-tracing.ts";
import { WallClock } from "../common/wall-clock.ts";
import { type Environment, readNumber } from "../config/environment.ts";
import { whenResourcesAreKnown } from "../resource/resource.ts";
import type { InstrumentType } from "./instrument-descriptor.ts";
import { AggregationTemporality, type ResourceMetrics } from "./metric-data.ts";
import type { PushMetricExporter } from "./metric-exporter.ts";
import type { MetricProducer, MetricReader } from "./metric-reader.ts";

export interface PeriodicExportingMetricReaderConfig {
  readonly exporter: PushMetricExporter;
  /** 60000, unless given here or by `OTEL_METRIC_EXPORT_INTERVAL`. */
  readonly exportIntervalMillis?: number;
  /** 30000, unless given here or by `OTEL_METRIC_EXPORT_TIMEOUT`; never longer than the interval. */
  readonly exportTimeoutMillis?: number;
  readonly clock?: Clock;
  readonly env?: Environment;
}

/** Collects and exports at an interval, one export at a time. */
export class PeriodicExportingMetricReader implements MetricReader {
  readonly #exporter: PushMetricExporter;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  #producer: MetricProducer | undefined;
  #stopTimer: (() => void) | undefined;
  #last: Promise<void> = Promise.resolve();
  #isExporting = false;
  #shutdown: Promise<void> | undefined;

  constructor(config: PeriodicExportingMetricReaderConfig) {
    const env = config.env ?? process.env;
    this.#exporter = config.exporter;
    this.#clock = config.clock ?? new WallClock();
    this.#intervalMs = config.exportIntervalMillis ?? readNumber(env, "OTEL_METRIC_EXPORT_INTERVAL", 1) ?? 60_000;
    const timeoutMs = config.exportTimeoutMillis ?? readNumber(env, "OTEL_METRIC_EXPORT_TIMEOUT", 1) ?? 30_000;
    this.#timeoutMs = Math.min(timeoutMs, this.#intervalMs);
  }

  setMetricProducer(producer: MetricProducer): void {
    if (this.#producer !== undefined) {
      diag.error("a metric reader can belong to one meter provider only");
      return;
    }
    this.#producer = producer;
    this.#stopTimer = this.#clock.every(this.#intervalMs, () => {
      // A slow export makes the interval longer instead of piling up.
      if (!this.#isExporting) void this.#collectAndExport();
    });
  }

  selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    return this.#exporter.selectAggregationTemporality?.(type) ?? AggregationTemporality.CUMULATIVE;
  }

  async forceFlush(): Promise<void> {
    if (this.#shutdown !== undefined) return this.#shutdown;
    await this.#collectAndExport();
    await this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    this.#shutdown ??= this.#finish();
    return this.#shutdown;
  }

  async #finish(): Promise<void> {
    this.#stopTimer?.();
    await this.#collectAndExport();
    await this.#exporter.forceFlush();
    await this.#exporter.shutdown();
  }

  /** Waits for the export under way, then does one that holds everything measured before the call. Never rejects. */
  #collectAndExport(): Promise<void> {
    this.#last = this.#exportAfter(this.#last);
    return this.#last;
  }

  async #exportAfter(previous: Promise<void>): Promise<void> {
    await previous;
    this.#isExporting = true;
    try {
      await this.#exportOnce();
    } catch (thrown) {
      diag.error(`export of metrics failed: ${messageOf(thrown)}`);
    } finally {
      this.#isExporting = false;
    }
  }

  async #exportOnce(): Promise<void> {
    if (this.#producer === undefined) return;
    const { resourceMetrics, errors } = await this.#producer.collect({ timeoutMillis: this.#timeoutMs });
    for (const thrown of errors) diag.error(`the callback of an observable instrument failed: ${messageOf(thrown)}`);
    if (resourceMetrics.scopeMetrics.length === 0) return;
    const waiting = whenResourcesAreKnown([resourceMetrics.resource]);
    if (waiting !== undefined) await waiting;
    const { error } = await this.#export(resourceMetrics);
    if (error !== undefined) diag.error(`export of metrics failed: ${error.message}`);
  }

  #export(metrics: ResourceMetrics): Promise<ExportResult> {
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.after(this.#timeoutMs, () => {
        resolve(failure(new Error(`no answer within ${this.#timeoutMs} ms`)));
      });
      const finish = (result: ExportResult): void => {
        cancelTimer();
        resolve(result);
      };
      try {
        untraced(() => this.#exporter.export(metrics, finish));
      } catch (thrown) {
        finish(failure(toError(thrown)));
      }
    });
  }
}
