import type { OtlpProtocol } from "../otlp/otlp-config.ts";
import type { OTLPMetricExporterConfig } from "../otlp/otlp-metric-exporter.ts";
import { type OfficialOtlpConfig, otlpConfigOf } from "./otlp-config.ts";

type MetricOptions = Pick<
  OTLPMetricExporterConfig,
  "temporalityPreference" | "aggregationPreference" | "defaultHistogramAggregation"
>;

export type OfficialOtlpMetricConfig = OfficialOtlpConfig & MetricOptions;

export function otlpMetricConfigOf(protocol: OtlpProtocol, config: OfficialOtlpMetricConfig): OTLPMetricExporterConfig {
  return otlpConfigOf(protocol, config);
}
