import type { ExporterFactory } from "../../../component.ts";
import { Sender } from "../../../export/sender.ts";
import { schema, senderConfigOf, type PrometheusRemoteWriteConfig } from "./config.ts";
import { PrometheusRemoteWriteDestination } from "./prometheus-remote-write.ts";

export const prometheusRemoteWriteExporter: ExporterFactory<PrometheusRemoteWriteConfig> = {
  kind: "exporter",
  type: "prometheus_remote_write",
  alias: "prometheusremotewrite",
  stability: { metrics: "beta" },
  schema,
  create: (settings, config, signals) =>
    new Sender(settings, senderConfigOf(config), signals, new PrometheusRemoteWriteDestination(settings, config)),
};
