/** In the place of `@opentelemetry/exporter-metrics-otlp-grpc`. */
import { OTLPMetricExporter as OtlpMetricExporter } from "../../otlp/otlp-metric-exporter.ts";
import { type OfficialOtlpMetricConfig, otlpMetricConfigOf } from "../otlp-metric-config.ts";

export class OTLPMetricExporter extends OtlpMetricExporter {
  constructor(config: OfficialOtlpMetricConfig = {}) {
    super(otlpMetricConfigOf("grpc", config));
  }
}
