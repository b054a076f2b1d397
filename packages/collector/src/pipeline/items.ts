/** What the items of each signal are called in metric names, and in their help. */
import type { Signal } from "@clew/otlp";

export const ITEMS: Readonly<Record<Signal, string>> = {
  traces: "spans",
  metrics: "metric_points",
  logs: "log_records",
};

export const NOUNS: Readonly<Record<Signal, string>> = {
  traces: "spans",
  metrics: "metric points",
  logs: "log records",
};
