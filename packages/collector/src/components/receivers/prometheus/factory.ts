import type { ReceiverFactory } from "../../../component.ts";
import { schema, type PrometheusReceiverConfig } from "./config.ts";
import { PrometheusReceiver } from "./prometheus.ts";

export const prometheusReceiver: ReceiverFactory<PrometheusReceiverConfig> = {
  kind: "receiver",
  type: "prometheus",
  stability: { metrics: "beta" },
  schema,
  create: (settings, config, next) => new PrometheusReceiver(settings, config, next("http")),
};
