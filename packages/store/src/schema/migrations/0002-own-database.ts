import type { Migration } from "./migration.ts";

const TABLES = [
  "otel_traces",
  "otel_logs",
  "metric_series",
  "metric_samples",
  "metric_histograms",
  "metric_exponential_histograms",
  "metric_summaries",
  "metric_exemplars",
];

export const OWN_DATABASE: Migration = {
  format: 2,
  onlyEmbedded: true,
  does: "moves the tables from the database `default` into one of our own",
  statements: TABLES.map((table) => `RENAME TABLE IF EXISTS default.${table} TO ${table}`),
};
