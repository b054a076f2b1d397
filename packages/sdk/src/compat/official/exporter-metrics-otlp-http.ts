/** In the place of `@opentelemetry/exporter-metrics-otlp-http`. */
import { OTLPMetricExporter as OtlpMetricExporter } from "../../otlp/otlp-metric-exporter.ts";
import { type OfficialOtlpMetricConfig, otlpMetricConfigOf } from "../otlp-metric-config.ts";
export { AggregationTemporalityPreference } from "../../otlp/metric-preferences.ts";
export {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from "../temporality-selectors.ts";

export class OTLPMetricExporter extends OtlpMetricExporter {
  constructor(config: OfficialOtlpMetricConfig = {}) {
    super(otlpMetricConfigOf("http/json", config));
  }
}
