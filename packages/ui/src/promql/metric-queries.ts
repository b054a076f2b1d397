/** Sensible questions about a metric, by its type. */
import type { CatalogueEntry } from "../api/types.ts";

export interface MetricQuery {
  readonly label: string;
  readonly query: string;
}

/** The first is what one wants to see first. `window` is that of `rate`: `1m`. */
export function queriesOf(entry: CatalogueEntry, window: string): readonly MetricQuery[] {
  const { name, type } = entry;
  if (type === "histogram") {
    return [
      ...quantiles((q) => `histogram_quantile(${q}, sum by (le, job) (rate(${name}_bucket[${window}])))`),
      {
        label: "mean",
        query: `sum by (job) (rate(${name}_sum[${window}])) / sum by (job) (rate(${name}_count[${window}]))`,
      },
      { label: "rate", query: `sum by (job) (rate(${name}_count[${window}]))` },
    ];
  }
  if (type === "exponential_histogram") {
    const rate = `sum by (job) (rate(${name}[${window}]))`;
    return [
      ...quantiles((q) => `histogram_quantile(${q}, ${rate})`),
      { label: "mean", query: `histogram_sum(${rate}) / histogram_count(${rate})` },
      { label: "rate", query: `histogram_count(${rate})` },
    ];
  }
  if (type === "summary") {
    return [
      { label: "quantiles", query: name },
      {
        label: "mean",
        query: `sum by (job) (rate(${name}_sum[${window}])) / sum by (job) (rate(${name}_count[${window}]))`,
      },
      { label: "rate", query: `sum by (job) (rate(${name}_count[${window}]))` },
    ];
  }
  if (type === "sum" && entry.monotonic) {
    return [
      { label: "rate", query: `sum by (job) (rate(${name}[${window}]))` },
      { label: "increase", query: `sum by (job) (increase(${name}[${window}]))` },
      { label: "each series", query: `rate(${name}[${window}])` },
      { label: "total", query: `sum by (job) (${name})` },
    ];
  }
  return [
    { label: "value", query: name },
    { label: "sum", query: `sum by (job) (${name})` },
    { label: "average", query: `avg by (job) (${name})` },
    { label: "max", query: `max by (job) (max_over_time(${name}[${window}]))` },
  ];
}

function quantiles(query: (quantile: string) => string): MetricQuery[] {
  return [
    { label: "p95", query: query("0.95") },
    { label: "p50", query: query("0.5") },
    { label: "p99", query: query("0.99") },
  ];
}
