/** What a stored series tells of itself where it is Prometheus's own (docs/adr/0018-prometheus-series-in-otlp.md). */
import { prometheusUnitName } from "@clew/otlp";
import { NATIVE_HISTOGRAM, type OtlpSettings, PROMETHEUS_METADATA } from "@clew/otlp/prometheus";
import type { MetricMetadata } from "@clew/query";
import { isPrometheusSeries, type StoredSeries } from "@clew/store";

const TYPES: readonly string[] = [
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
  "unknown",
] satisfies readonly MetricMetadata["type"][];

/** What series of these types are named behind their family's name. */
const PARTS = /_(?:bucket|sum|count|created)$/;
const HAS_PARTS = new Set<string>(["histogram", "gaugehistogram", "summary"]);

/** Whether a histogram with explicit bounds is one sample: as it was sent, or where OTLP's are converted. */
export function isNativeHistogram(series: StoredSeries, { convertHistogramsToNhcb }: OtlpSettings): boolean {
  if (!isPrometheusSeries(series)) return convertHistogramsToNhcb && series.type === "histogram";
  return metadataOf(series, PROMETHEUS_METADATA.histogram) === NATIVE_HISTOGRAM;
}

/** The family's metadata as its sender told it; undefined where it told no type. */
export function sentMetadata(series: StoredSeries): MetricMetadata | undefined {
  const type = metadataOf(series, PROMETHEUS_METADATA.type);
  if (!isType(type)) return undefined;
  const metric = HAS_PARTS.has(type) && series.type === "gauge" ? series.name.replace(PARTS, "") : series.name;
  return { metric, type, help: series.description, unit: metadataOf(series, PROMETHEUS_METADATA.unit) ?? "" };
}

/** What a metric is and what it is counted in; the unit is empty where nobody told. */
export function typeAndUnitOf(series: StoredSeries): Pick<MetricMetadata, "type" | "unit"> {
  if (!isPrometheusSeries(series)) return { type: otlpType(series), unit: prometheusUnitName(series.unit) };
  return sentMetadata(series) ?? { type: "unknown", unit: "" };
}

export function otlpType({ type, monotonic }: StoredSeries): MetricMetadata["type"] {
  if (type === "sum") return monotonic ? "counter" : "gauge";
  return type === "exponential_histogram" ? "histogram" : type;
}

function isType(text: string | undefined): text is MetricMetadata["type"] {
  return text !== undefined && TYPES.includes(text);
}

function metadataOf({ metadata }: StoredSeries, wanted: string): string | undefined {
  return metadata.find(([key]) => key === wanted)?.[1];
}
