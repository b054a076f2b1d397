import type { ReceiverFactory } from "../../../component.ts";
import { schema, type HostMetricsConfig } from "./config.ts";
import { HostMetricsReceiver } from "./host-metrics.ts";

export const hostMetricsReceiver: ReceiverFactory<HostMetricsConfig> = {
  kind: "receiver",
  type: "host_metrics",
  alias: "hostmetrics",
  stability: { metrics: "beta" },
  schema,
  create: (settings, config, next) => new HostMetricsReceiver(settings, config, next("")),
};
