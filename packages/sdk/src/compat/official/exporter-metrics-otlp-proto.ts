/** In the place of `@opentelemetry/exporter-metrics-otlp-proto`. */
import { OTLPMetricExporter as OtlpMetricExporter } from "../../otlp/otlp-metric-exporter.ts";
import { type OfficialOtlpMetricConfig, otlpMetricConfigOf } from "../otlp-metric-config.ts";

export class OTLPMetricExporter extends OtlpMetricExporter {
  constructor(config: OfficialOtlpMetricConfig = {}) {
    super(otlpMetricConfigOf("http/protobuf", config));
  }
}
