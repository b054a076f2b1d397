import type { ExporterFactory } from "../../../component.ts";
import { Sender } from "../../../export/sender.ts";
import { schema, type OtlpHttpConfig } from "./config.ts";
import { OtlpHttpDestination } from "./otlp-http.ts";

export const otlpHttpExporter: ExporterFactory<OtlpHttpConfig> = {
  kind: "exporter",
  type: "otlp_http",
  alias: "otlphttp",
  stability: { traces: "stable", metrics: "stable", logs: "stable" },
  schema,
  create: (settings, config, signals) =>
    new Sender(settings, config, signals, new OtlpHttpDestination(settings, config)),
};
