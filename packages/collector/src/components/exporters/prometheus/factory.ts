import type { ExporterFactory } from "../../../component.ts";
import { schema, type PrometheusConfig } from "./config.ts";
import { PrometheusExporter } from "./prometheus.ts";

export const prometheusExporter: ExporterFactory<PrometheusConfig> = {
  kind: "exporter",
  type: "prometheus",
  stability: { metrics: "beta" },
  schema,
  create: (settings, config) => new PrometheusExporter(settings, config),
};
