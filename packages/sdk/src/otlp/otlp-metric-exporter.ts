import { type ExportResult, failure, toError } from "../common/export-result.ts";
import { readChoice } from "../config/environment.ts";
import { MetricEncoder, type ScopedMetric } from "../metrics/encode-metrics.ts";
import { InstrumentType } from "../metrics/instrument-descriptor.ts";
import { AggregationTemporality, type ResourceMetrics } from "../metrics/metric-data.ts";
import type { PushMetricExporter } from "../metrics/metric-exporter.ts";
import { EncodedBatch } from "./encoded-batch.ts";
import { OtlpClient } from "./otlp-client.ts";
import type { OTLPExporterConfig } from "./otlp-config.ts";
import type { RequestSink } from "./request-sink.ts";

export type TemporalityPreference = "cumulative" | "delta" | "lowmemory";

export interface OTLPMetricExporterConfig extends OTLPExporterConfig {
  /** `cumulative`, unless given here or by `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`. */
  readonly temporalityPreference?: TemporalityPreference;
}

/** Source: specification, OTLP metric exporter, "temporality preference". */
const DELTA_TYPES: Readonly<Record<TemporalityPreference, readonly InstrumentType[]>> = {
  cumulative: [],
  delta: [InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER, InstrumentType.HISTOGRAM],
  lowmemory: [InstrumentType.COUNTER, InstrumentType.HISTOGRAM],
};

/** Sends metrics by OTLP, over gRPC or HTTP as `protocol` says. */
export class OTLPMetricExporter implements PushMetricExporter {
  readonly #sink: RequestSink;
  readonly #preference: TemporalityPreference;
  readonly #encoder = new MetricEncoder();

  /** `sink` is where the requests go, if not over the network as `config` says. */
  constructor(config: OTLPMetricExporterConfig = {}, sink: RequestSink = new OtlpClient("metrics", config)) {
    this.#sink = sink;
    this.#preference =
      config.temporalityPreference ??
      readChoice(config.env ?? process.env, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", [
        "cumulative",
        "delta",
        "lowmemory",
      ]) ??
      "cumulative";
  }

  selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    const isDelta = DELTA_TYPES[this.#preference].includes(type);
    return isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  }

  /** Calls back once; never throws. */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const sent = Promise.resolve().then(() => this.#sink.send(this.#request(metrics)));
    void sent.catch((thrown: unknown) => failure(toError(thrown))).then(resultCallback);
  }

  forceFlush(): Promise<void> {
    return this.#sink.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#sink.shutdown();
  }

  #request({ resource, scopeMetrics }: ResourceMetrics): Uint8Array {
    const batch = new EncodedBatch<ScopedMetric>(this.#encoder.encode);
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) batch.add({ resource, instrumentationScope: scope, metric });
    }
    return batch.toRequest();
  }
}
