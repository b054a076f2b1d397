import type { ExporterFactory } from "../../../component.ts";
import { schema, type OtlpHttpConfig } from "./config.ts";
import { OtlpHttpExporter } from "./otlp-http.ts";

export const otlpHttpExporter: ExporterFactory<OtlpHttpConfig> = {
  kind: "exporter",
  type: "otlp_http",
  alias: "otlphttp",
  stability: { traces: "stable", metrics: "stable", logs: "stable" },
  schema,
  create: (settings, config) => new OtlpHttpExporter(settings, config),
};
