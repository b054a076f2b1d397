import type { ExporterFactory } from "../../../component.ts";
import type { OtlpGrpcConfig } from "../../../export/otlp-grpc-config.ts";
import { OtlpGrpcDestination } from "../../../export/otlp-grpc-destination.ts";
import { Sender } from "../../../export/sender.ts";
import { schema } from "./config.ts";

export const otlpGrpcExporter: ExporterFactory<OtlpGrpcConfig> = {
  kind: "exporter",
  type: "otlp_grpc",
  alias: "otlp",
  stability: { traces: "stable", metrics: "stable", logs: "stable" },
  schema,
  create: (settings, config, signals) =>
    new Sender(settings, config, signals, new OtlpGrpcDestination(settings, config)),
};
