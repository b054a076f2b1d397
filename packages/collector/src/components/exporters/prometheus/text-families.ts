/** The kept families as the lines of the text formats. */
import { boundText } from "../../../prometheus/bound-text.ts";
import { escapedName, type Escaping } from "@clew/otlp/prometheus";
import type { PrometheusExemplar } from "../../../prometheus/exemplar.ts";
import type { Exemplar, Family, Sample } from "../../../telemetry/exposition.ts";
import { powersOfTwo } from "./classic-buckets.ts";
import type { KeptFamily, KeptSeries } from "./metric-families.ts";
import type { HistogramPoint } from "./point.ts";

/** The families by names that the scraper knows. */
export function escapedFamilies(families: readonly KeptFamily[], escaping: Escaping): readonly KeptFamily[] {
  if (escaping === "allow-utf-8") return families;
  const label = ([name, value]: readonly [string, string]): [string, string] => [
    escapedName(name, escaping, true),
    value,
  ];
  return families.map((family) => ({
    ...family,
    name: escapedName(family.name, escaping),
    series: family.series.map((series) => ({ ...series, labels: series.labels.map(label) })),
  }));
}

export function textFamilies(families: readonly KeptFamily[], timestamps: boolean): Family[] {
  return families.map(({ name, type, help, series }) => ({
    name,
    type,
    help,
    samples: series.flatMap((one) => samplesOf(one, timestamps ? one.timestampMs : undefined)),
  }));
}

function samplesOf({ labels: pairs, point }: KeptSeries, timestampMs: number | undefined): Sample[] {
  const labels = Object.fromEntries(pairs) as Record<string, string>;
  if (point.kind === "number") {
    return [{ suffix: "", labels, value: point.value, timestampMs, exemplar: textExemplar(point.exemplars.at(-1)) }];
  }
  const totals = [
    { suffix: "_sum", labels, value: point.sum, timestampMs },
    { suffix: "_count", labels, value: point.count, timestampMs },
  ];
  if (point.kind === "histogram") return [...bucketSamples(point, labels, timestampMs), ...totals];
  if (point.kind === "exponential") {
    const classic = { ...point, buckets: powersOfTwo(point.histogram) };
    return [...bucketSamples(classic, labels, timestampMs), ...totals];
  }
  const quantiles = point.quantiles.map(({ quantile, value }) => ({
    suffix: "",
    labels: { ...labels, quantile: boundText(quantile) },
    value,
    timestampMs,
  }));
  return [...quantiles, ...totals];
}

function bucketSamples(
  { buckets, count, exemplars }: Pick<HistogramPoint, "buckets" | "count" | "exemplars">,
  labels: Record<string, string>,
  timestampMs: number | undefined,
): Sample[] {
  return cumulativeBuckets({ buckets, count, exemplars }).map(({ bound, count: value, exemplar }) => ({
    suffix: "_bucket",
    labels: { ...labels, le: boundText(bound) },
    value,
    timestampMs,
    exemplar: textExemplar(exemplar),
  }));
}

interface CumulativeBucket {
  readonly bound: number;
  /** How many observations lie at or below the bound. */
  readonly count: number;
  readonly exemplar: PrometheusExemplar | undefined;
}

/** By bound, the last one infinite, each with the latest exemplar that lies in it. */
export function cumulativeBuckets({
  buckets,
  count,
  exemplars,
}: Pick<HistogramPoint, "buckets" | "count" | "exemplars">): CumulativeBucket[] {
  const finite = [...buckets].filter(([bound]) => bound !== Infinity).sort(([a], [b]) => a - b);
  let [cumulative, lower] = [0, -Infinity];
  const bucket = (bound: number, atOrBelow: number): CumulativeBucket => {
    const exemplar = exemplars.findLast((one) => one.value > lower && one.value <= bound);
    lower = bound;
    return { bound, count: atOrBelow, exemplar };
  };
  const ordered = finite.map(([bound, inBucket]) => bucket(bound, (cumulative += inBucket)));
  return [...ordered, bucket(Infinity, count)];
}

function textExemplar(exemplar: PrometheusExemplar | undefined): Exemplar | undefined {
  return exemplar && { ...exemplar, labels: Object.fromEntries(exemplar.labels) };
}
