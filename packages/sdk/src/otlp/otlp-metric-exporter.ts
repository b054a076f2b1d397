import type { ExportResult } from "../common/export-result.ts";
import { readChoice } from "../config/environment.ts";
import { type AggregationOption, AggregationType } from "../metrics/aggregation-option.ts";
import { MetricEncoder, type ScopedMetric } from "../metrics/encode-metrics.ts";
import { InstrumentType } from "../metrics/instrument-type.ts";
import { AggregationTemporality, type ResourceMetrics } from "../metrics/metric-data.ts";
import type { MetricBatchExporter, PushMetricExporter } from "../metrics/metric-exporter.ts";
import type { EncodedBatch } from "./encoded-batch.ts";
import { OtlpBatchExporter } from "./otlp-batch-exporter.ts";
import { OtlpClient } from "./otlp-client.ts";
import type { OTLPExporterConfig } from "./otlp-config.ts";
import type { RequestSink } from "./request-sink.ts";

export type TemporalityPreference = "cumulative" | "delta" | "lowmemory";

export interface OTLPMetricExporterConfig extends OTLPExporterConfig {
  /** `cumulative`, unless given here or by `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`. */
  readonly temporalityPreference?: TemporalityPreference;
  /** `explicit_bucket_histogram`, unless given here or by `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`. */
  readonly defaultHistogramAggregation?: HistogramAggregation;
}

const HISTOGRAM_AGGREGATIONS = ["explicit_bucket_histogram", "base2_exponential_bucket_histogram"] as const;
export type HistogramAggregation = (typeof HISTOGRAM_AGGREGATIONS)[number];

/** Source: specification, OTLP metric exporter, "temporality preference". */
const DELTA_TYPES: Readonly<Record<TemporalityPreference, readonly InstrumentType[]>> = {
  cumulative: [],
  delta: [InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER, InstrumentType.HISTOGRAM],
  lowmemory: [InstrumentType.COUNTER, InstrumentType.HISTOGRAM],
};

/** Sends metrics by OTLP, over gRPC or HTTP as `protocol` says. */
export class OTLPMetricExporter implements PushMetricExporter, MetricBatchExporter {
  readonly #batches: OtlpBatchExporter<ScopedMetric>;
  readonly #preference: TemporalityPreference;
  readonly #histogramAggregation: AggregationOption;

  /** `sink` is where the requests go, if not over the network as `config` says. */
  constructor(config: OTLPMetricExporterConfig = {}, sink: RequestSink = new OtlpClient("metrics", config)) {
    const env = config.env ?? process.env;
    this.#batches = new OtlpBatchExporter(new MetricEncoder().encode, sink);
    this.#preference =
      config.temporalityPreference ??
      readChoice(env, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", ["cumulative", "delta", "lowmemory"]) ??
      "cumulative";
    const histogram =
      config.defaultHistogramAggregation ??
      readChoice(env, "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", HISTOGRAM_AGGREGATIONS);
    const isExponential = histogram === "base2_exponential_bucket_histogram";
    this.#histogramAggregation = {
      type: isExponential ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT,
    };
  }

  selectAggregation(type: InstrumentType): AggregationOption {
    return type === InstrumentType.HISTOGRAM ? this.#histogramAggregation : { type: AggregationType.DEFAULT };
  }

  selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    const isDelta = DELTA_TYPES[this.#preference].includes(type);
    return isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  }

  createBatch(): EncodedBatch<ScopedMetric> {
    return this.#batches.createBatch();
  }

  exportBatch(batch: EncodedBatch<ScopedMetric>): Promise<ExportResult> {
    return this.#batches.exportBatch(batch);
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
