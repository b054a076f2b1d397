import type { ExportResult } from "../common/export-result.ts";
import { readChoice } from "../config/environment.ts";
import type { AggregationOption } from "../metrics/aggregation-option.ts";
import { MetricEncoder, type ScopedMetric } from "../metrics/encode-metrics.ts";
import type { InstrumentType } from "../metrics/instrument-type.ts";
import type { AggregationTemporality, ResourceMetrics } from "../metrics/metric-data.ts";
import type { MetricBatchExporter, PushMetricExporter } from "../metrics/metric-exporter.ts";
import type { LastRequest } from "../exit/last-request.ts";
import type { EncodedBatch } from "./encoded-batch.ts";
import {
  type AggregationTemporalityPreference,
  HISTOGRAM_AGGREGATIONS,
  type HistogramAggregation,
  preferredAggregation,
  preferredTemporality,
  TEMPORALITY_PREFERENCES,
  type TemporalityPreference,
  temporalityPreferenceOf,
} from "./metric-preferences.ts";
import type { SdkObserver, SelfObserved } from "../self-observability/sdk-observer.ts";
import { OtlpBatchExporter } from "./otlp-batch-exporter.ts";
import { OtlpClient } from "./otlp-client.ts";
import type { OTLPExporterConfig } from "./otlp-config.ts";
import type { RequestSink } from "./request-sink.ts";

export interface OTLPMetricExporterConfig extends OTLPExporterConfig {
  /** `cumulative`, unless given here or by `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`. */
  readonly temporalityPreference?: TemporalityPreference | AggregationTemporalityPreference | AggregationTemporality;
  /** `explicit_bucket_histogram`, unless given here or by `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`. */
  readonly defaultHistogramAggregation?: HistogramAggregation;
  /** The default aggregation by instrument type; wins over `defaultHistogramAggregation`. */
  readonly aggregationPreference?: (instrumentType: InstrumentType) => AggregationOption;
}

/** Sends metrics by OTLP, over gRPC or HTTP as `protocol` says. */
export class OTLPMetricExporter implements PushMetricExporter, MetricBatchExporter, SelfObserved {
  readonly #batches: OtlpBatchExporter<ScopedMetric>;
  readonly #preference: TemporalityPreference;
  readonly #histogram: HistogramAggregation;
  readonly #aggregationPreference: OTLPMetricExporterConfig["aggregationPreference"];

  /** `sink` is where the requests go, if not over the network as `config` says. */
  constructor(config: OTLPMetricExporterConfig = {}, sink: RequestSink = new OtlpClient("metrics", config)) {
    const env = config.env ?? process.env;
    this.#batches = new OtlpBatchExporter(new MetricEncoder().encode, sink, ({ metric }) => metric.dataPoints.length);
    const { temporalityPreference } = config;
    this.#aggregationPreference = config.aggregationPreference;
    this.#preference =
      (temporalityPreference === undefined ? undefined : temporalityPreferenceOf(temporalityPreference)) ??
      readChoice(env, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", TEMPORALITY_PREFERENCES) ??
      "cumulative";
    this.#histogram =
      config.defaultHistogramAggregation ??
      readChoice(env, "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", HISTOGRAM_AGGREGATIONS) ??
      "explicit_bucket_histogram";
  }

  selectAggregation(type: InstrumentType): AggregationOption {
    return this.#aggregationPreference?.(type) ?? preferredAggregation(this.#histogram, type);
  }

  selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    return preferredTemporality(this.#preference, type);
  }

  createBatch(): EncodedBatch<ScopedMetric> {
    return this.#batches.createBatch();
  }

  exportBatch(batch: EncodedBatch<ScopedMetric>): Promise<ExportResult> {
    return this.#batches.exportBatch(batch);
  }

  observeWith(observer: SdkObserver): void {
    this.#batches.observeWith(observer);
  }

  drain(batches: readonly EncodedBatch<ScopedMetric>[], isEnd: boolean): readonly LastRequest[] {
    return this.#batches.drain(batches, isEnd);
  }

  /** For readers that hand on metrics as objects. Calls back once; never throws. */
  export({ resource, scopeMetrics }: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const items = scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map((metric) => ({ resource, instrumentationScope: scope, metric })),
    );
    this.#batches.export(items, resultCallback);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }
}
