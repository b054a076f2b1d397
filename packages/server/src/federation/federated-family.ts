/** The newest samples of series, grouped as the exposition formats want them. */
import {
  compareLabels,
  type Labels,
  METRIC_NAME,
  type NativeHistogram,
  type SeriesSamples,
  staleTest,
} from "@clew/query";

/** Federated samples have no type but for native histograms, as in Prometheus. */
export type FamilyType = "untyped" | "histogram" | "gaugehistogram";

export interface FederatedMetric {
  /** Without the name, external labels behind the others. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly timestampMs: number;
  readonly value: number | NativeHistogram;
}

export interface FederatedFamily {
  readonly name: string;
  readonly type: FamilyType;
  readonly metrics: readonly FederatedMetric[];
}

interface NewestSample {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number | NativeHistogram;
}

/**
 * By name, and by labels under one name. Series that have ended are left out. External labels are added where a series
 * lacks them, and an empty `instance`, so that whoever scrapes this gives it no other.
 */
export function familiesOf(series: readonly SeriesSamples[], externalLabels: Labels): FederatedFamily[] {
  const added = Object.entries({ instance: "", ...externalLabels.toObject() }).sort(([a], [b]) => (a < b ? -1 : 1));
  const families: (FederatedFamily & { readonly metrics: FederatedMetric[] })[] = [];
  const newest = series.flatMap(newestOf).sort((a, b) => compareLabels(a.labels, b.labels));
  for (const { labels, timestampMs, value } of newest.sort((a, b) => compareNames(a, b))) {
    const name = labels.metricName;
    if (name === "") continue;
    const type = typeOf(value);
    let family = families.at(-1);
    if (family?.name !== name || family.type !== type) families.push((family = { name, type, metrics: [] }));
    const own = [...labels.withoutName()];
    const missing = added.filter(([label]) => label !== METRIC_NAME && labels.get(label) === "");
    family.metrics.push({ labels: [...own, ...missing], timestampMs, value });
  }
  return families;
}

function newestOf({ labels, timestampsMs, values, histograms }: SeriesSamples): NewestSample[] {
  const last = timestampsMs.length - 1;
  if (last < 0 || (histograms?.[last] === undefined && staleTest(values)(last))) return [];
  return [{ labels, timestampMs: timestampsMs[last]!, value: histograms?.[last] ?? values[last]! }];
}

function typeOf(value: number | NativeHistogram): FamilyType {
  if (typeof value === "number") return "untyped";
  return value.counterReset === "gauge" ? "gaugehistogram" : "histogram";
}

function compareNames({ labels: a }: NewestSample, { labels: b }: NewestSample): number {
  return a.metricName === b.metricName ? 0 : a.metricName < b.metricName ? -1 : 1;
}
