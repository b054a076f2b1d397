import type { ExporterFactory } from "../../../component.ts";
import { schema, type OtlpGrpcConfig } from "./config.ts";
import { OtlpGrpcExporter } from "./otlp-grpc.ts";

export const otlpGrpcExporter: ExporterFactory<OtlpGrpcConfig> = {
  kind: "exporter",
  type: "otlp_grpc",
  alias: "otlp",
  stability: { traces: "stable", metrics: "stable", logs: "stable" },
  schema,
  create: (settings, config) => new OtlpGrpcExporter(settings, config),
};
