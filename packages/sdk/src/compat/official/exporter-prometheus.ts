/** In the place of `@opentelemetry/exporter-prometheus`. */
export {
  PrometheusExporter,
  type PrometheusExporterConfig as ExporterConfig,
} from "../../exporters/prometheus/prometheus-exporter.ts";
