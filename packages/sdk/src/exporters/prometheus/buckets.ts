/** Histograms as the cumulative buckets of Prometheus. */
import type { Exemplar, ExponentialHistogram, Histogram } from "../../metrics/metric-data.ts";
import { latestExemplar } from "./exemplar-labels.ts";
import type { Label, Sample } from "./metric-family.ts";
import type { TranslationStrategy } from "@clew/otlp/prometheus";

/** What lies above the bucket before, up to and with `bound`. */
interface Bucket {
  readonly bound: number;
  readonly count: number;
}

interface Place {
  readonly labels: readonly Label[];
  readonly timestampMs: number | undefined;
  readonly exemplars: readonly Exemplar[];
  readonly strategy: TranslationStrategy;
}

export function histogramBuckets({ buckets }: Histogram): Bucket[] {
  return buckets.boundaries.map((bound, i) => ({ bound, count: buckets.counts[i] ?? 0 }));
}

/**
 * By bounds that are powers of two whatever the histogram's own scale: bounds that moved with the
 * scale would look like counters that start again.
 */
export function classicBuckets({ scale, zeroCount, positive, negative }: ExponentialHistogram): Bucket[] {
  const counts = new Map<number, number>();
  const add = (bound: number, count: number): void => {
    if (count > 0) counts.set(bound, (counts.get(bound) ?? 0) + count);
  };
  const width = 2 ** -scale;
  for (const [i, count] of negative.bucketCounts.entries())
    add(-(2 ** Math.floor((negative.offset + i) * width)), count);
  add(0, zeroCount);
  for (const [i, count] of positive.bucketCounts.entries())
    add(2 ** Math.ceil((positive.offset + i + 1) * width), count);
  return [...counts]
    .map(([bound, count]) => ({ bound, count }))
    .filter(({ bound }) => bound !== Infinity)
    .sort((left, right) => left.bound - right.bound);
}

/** The buckets, each with the exemplar that came last in it, and the totals. */
export function bucketSamples(
  buckets: readonly Bucket[],
  { count, sum }: { readonly count: number; readonly sum?: number },
  { labels, timestampMs, exemplars, strategy }: Place,
): Sample[] {
  let cumulative = 0;
  let lower = -Infinity;
  const bucketSample = (bound: number, value: number): Sample => {
    const inBucket = exemplars.filter((exemplar) => exemplar.value > lower && exemplar.value <= bound);
    lower = bound;
    const bucketLabels: Label[] = [...labels.filter(([name]) => name !== "le"), ["le", String(bound)]];
    return {
      suffix: "_bucket",
      labels: bucketLabels,
      value,
      timestampMs,
      exemplar: latestExemplar(inBucket, strategy),
    };
  };
  const total = (suffix: string, value: number): Sample => ({
    suffix,
    labels,
    value,
    timestampMs,
    exemplar: undefined,
  });
  return [
    ...buckets.map((bucket) => bucketSample(bucket.bound, (cumulative += bucket.count))),
    bucketSample(Infinity, count),
    ...(sum === undefined ? [] : [total("_sum", sum)]),
    total("_count", count),
  ];
}
