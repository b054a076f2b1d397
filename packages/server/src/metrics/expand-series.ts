/**
 * Stored series to Prometheus's: a classic histogram is `_bucket`, `_sum` and `_count`, a
 * summary its quantiles, `_sum` and `_count`, an exponential histogram a native one. Delta
 * points are summed up over the window, so that `rate` means the same for both temporalities.
 */
import { Labels } from "@clew/query";
import {
  NO_RECORDED_VALUE,
  type ExponentialHistogramPoint,
  type HistogramPoint,
  type MetricReader,
  type MillisWindow,
  type NumberPoint,
  type StoredSeries,
  type SummaryPoint,
} from "@clew/store";
import { leOf } from "./bucket-labels.ts";
import { nativeHistogram } from "./native-histogram.ts";
import type { SampleSet, SampleSets, SampleTimes } from "./sample-sets.ts";

const DELTA = 1;

export function labelsOf(series: StoredSeries, name: string): Labels {
  return Labels.from([...series.labels, ["__name__", name]]);
}

/** Every label set that a stored series stands for. `bounds` are a histogram's. */
export function labelSetsOf(series: StoredSeries, bounds: Float64Array | undefined): Labels[] {
  const { name, type } = series;
  if (type !== "histogram" && type !== "summary") return [labelsOf(series, name)];
  const parts = [labelsOf(series, `${name}_sum`), labelsOf(series, `${name}_count`)];
  if (type === "summary") return [labelsOf(series, name), ...parts];
  const bucket = labelsOf(series, `${name}_bucket`);
  return [...parts, ...[...(bounds ?? []), Number.POSITIVE_INFINITY].map((bound) => bucket.with("le", leOf(bound)))];
}

/** Reads the points of the series and adds them to `samples`. */
export async function expandPoints(
  reader: MetricReader,
  series: readonly StoredSeries[],
  window: MillisWindow,
  limit: number,
  samples: SampleSets,
  signal: AbortSignal,
): Promise<void> {
  const of = (...types: readonly StoredSeries["type"][]): StoredSeries[] =>
    series.filter(({ type }) => types.includes(type));
  const scalars = of("gauge", "sum");
  const numbers = await reader.numbers(scalars, window, limit, signal);
  for (const one of scalars) addNumbers(one, numbers.get(one.key) ?? [], samples);
  const classic = of("histogram");
  const histograms = await reader.histograms(classic, window, limit, signal);
  for (const one of classic) addHistograms(one, histograms.get(one.key) ?? [], samples);
  const exponential = of("exponential_histogram");
  const natives = await reader.exponentialHistograms(exponential, window, limit, signal);
  for (const one of exponential) addNativeHistograms(one, natives.get(one.key) ?? [], samples);
  const quantiles = of("summary");
  const summaries = await reader.summaries(quantiles, window, limit, signal);
  for (const one of quantiles) addSummaries(one, summaries.get(one.key) ?? [], samples);
}

function addNumbers(series: StoredSeries, points: readonly NumberPoint[], samples: SampleSets): void {
  const set = samples.open(labelsOf(series, series.name));
  if (set === undefined) return;
  const totals = new RunningTotals(series.temporality === DELTA);
  for (const point of points) {
    const { timestampMs, startMs } = totals.timesOf(point);
    const times = { timestampMs, startMs: series.monotonic ? startMs : 0 };
    set.add(times, totals.add("value", point.value), isStale(point.flags));
  }
}

function addHistograms(series: StoredSeries, points: readonly HistogramPoint[], samples: SampleSets): void {
  const sums = samples.open(labelsOf(series, `${series.name}_sum`));
  const counts = samples.open(labelsOf(series, `${series.name}_count`));
  const bucket = labelsOf(series, `${series.name}_bucket`);
  const buckets = new Map<number, SampleSet | undefined>();
  const bucketAt = (bound: number): SampleSet | undefined => {
    if (!buckets.has(bound)) buckets.set(bound, samples.open(bucket.with("le", leOf(bound))));
    return buckets.get(bound);
  };
  const totals = new RunningTotals(series.temporality === DELTA);
  for (const point of points) {
    const { flags, count, sum, bucketCounts, explicitBounds } = point;
    const times = totals.timesOf(point);
    const stale = isStale(flags);
    counts?.add(times, totals.add("count", count), stale);
    if (sum !== undefined || stale) sums?.add(times, totals.add("sum", sum ?? 0), stale);
    let cumulative = 0;
    for (const [i, bound] of explicitBounds.entries()) {
      cumulative += bucketCounts[i] ?? 0;
      if (bound < Number.POSITIVE_INFINITY) bucketAt(bound)?.add(times, totals.add(`le ${bound}`, cumulative), stale);
    }
    // A marker of the end comes without bounds: every bucket that was there ends.
    if (stale) for (const set of buckets.values()) set?.add(times, 0, true);
    else bucketAt(Number.POSITIVE_INFINITY)?.add(times, totals.add("le inf", count), false);
  }
}

function addNativeHistograms(
  series: StoredSeries,
  points: readonly ExponentialHistogramPoint[],
  samples: SampleSets,
): void {
  const set = samples.open(labelsOf(series, series.name));
  for (const point of points) {
    const histogram = nativeHistogram(point, series.temporality === DELTA);
    if (histogram !== undefined) set?.add(point, 0, isStale(point.flags), histogram);
  }
}

function addSummaries(series: StoredSeries, points: readonly SummaryPoint[], samples: SampleSets): void {
  const sums = samples.open(labelsOf(series, `${series.name}_sum`));
  const counts = samples.open(labelsOf(series, `${series.name}_count`));
  const base = labelsOf(series, series.name);
  const sets = new Map<number, SampleSet | undefined>();
  for (const point of points) {
    const { flags, count, sum, quantiles, values } = point;
    const stale = isStale(flags);
    counts?.add(point, count, stale);
    sums?.add(point, sum, stale);
    for (const [i, quantile] of quantiles.entries()) {
      if (!sets.has(quantile)) sets.set(quantile, samples.open(base.with("quantile", leOf(quantile))));
      sets.get(quantile)?.add({ ...point, startMs: 0 }, values[i] ?? Number.NaN, stale);
    }
    if (stale) for (const set of sets.values()) set?.add(point, 0, true);
  }
}

function isStale(flags: number): boolean {
  return (flags & NO_RECORDED_VALUE) !== 0;
}

/** Delta values added up by name, since the start of the first; cumulative ones passed through. */
class RunningTotals {
  readonly #isDelta: boolean;
  readonly #totals = new Map<string, number>();
  #startMs: number | undefined;

  constructor(isDelta: boolean) {
    this.#isDelta = isDelta;
  }

  timesOf({ timestampMs, startMs }: SampleTimes): SampleTimes {
    this.#startMs ??= startMs;
    return { timestampMs, startMs: this.#isDelta ? this.#startMs : startMs };
  }

  add(name: string, value: number): number {
    if (!this.#isDelta) return value;
    const total = (this.#totals.get(name) ?? 0) + value;
    this.#totals.set(name, total);
    return total;
  }
}
