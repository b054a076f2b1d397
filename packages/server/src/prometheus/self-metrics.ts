/** `status/self_metrics`: the program's own metrics as JSON of `io.prometheus.client.MetricFamily`. */
import type { Family, Sample } from "@clew/collector";

type Fields = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<Family["type"], string>> = {
  counter: "COUNTER",
  gauge: "GAUGE",
  histogram: "HISTOGRAM",
  summary: "SUMMARY",
  unknown: "UNTYPED",
};
const NUMBERS: Readonly<Record<string, string>> = { counter: "counter", gauge: "gauge", unknown: "untyped" };

export function familyFields({ name, help, type, samples }: Family): Fields {
  const number = NUMBERS[type];
  const metric =
    number === undefined
      ? distributions(type, samples)
      : samples.map(({ labels, value }) => ({ label: labelFields(labels), [number]: { value: double(value) } }));
  return { name, help, type: TYPES[type], metric };
}

/** A histogram's or summary's samples that differ in nothing but what part they are. */
function distributions(type: Family["type"], samples: readonly Sample[]): Fields[] {
  const byLabels = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _bound, quantile: _quantile, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    byLabels.set(key, [...(byLabels.get(key) ?? []), sample]);
  }
  return [...byLabels].map(([key, parts]) => {
    const total = (suffix: string): number => parts.find((part) => part.suffix === suffix)?.value ?? 0;
    const totals = { sampleCount: String(total("_count")), sampleSum: double(total("_sum")) };
    const bucket = parts
      .filter(({ suffix }) => suffix === "_bucket")
      .map(({ labels, value }) => ({ cumulativeCount: String(value), upperBound: bound(labels["le"]) }));
    const quantile = parts
      .filter(({ suffix }) => suffix === "")
      .map(({ labels, value }) => ({ quantile: bound(labels["quantile"]), value: double(value) }));
    const own = type === "histogram" ? { histogram: { ...totals, bucket } } : { summary: { ...totals, quantile } };
    return { label: labelFields(JSON.parse(key) as Sample["labels"]), ...own };
  });
}

function labelFields(labels: Sample["labels"]): Fields[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value }));
}

function bound(text = ""): number | string {
  return double(text === "+Inf" ? Infinity : Number(text));
}

/** What JSON has no number for is a word. */
function double(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
