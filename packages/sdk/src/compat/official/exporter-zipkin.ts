/** In the place of `@opentelemetry/exporter-zipkin`. */
export { ZipkinExporter, type ZipkinExporterConfig as ExporterConfig } from "../../exporters/zipkin/zipkin-exporter.ts";
