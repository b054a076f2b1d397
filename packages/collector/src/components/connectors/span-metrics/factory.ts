import type { ConnectorFactory } from "../../../component.ts";
import { schema, type SpanmetricsConfig } from "./config.ts";
import { Spanmetrics } from "./span-metrics.ts";

export const spanmetricsConnector: ConnectorFactory<SpanmetricsConfig> = {
  kind: "connector",
  type: "span_metrics",
  alias: "spanmetrics",
  stability: { traces: { metrics: "beta" } },
  schema,
  create: (settings, config, { next }) => new Spanmetrics(settings, config, next),
};
