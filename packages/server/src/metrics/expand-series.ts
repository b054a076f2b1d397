/**
 * Stored series to Prometheus's: a classic histogram is `_bucket`, `_sum` and `_count`, a
 * summary its quantiles, `_sum` and `_count`, an exponential histogram a native one. Delta
 * points are summed up over the window, so that `rate` means the same for both temporalities.
 */
import type { Labels, NativeHistogram } from "@clew/query";
import {
  NO_RECORDED_VALUE,
  type HistogramColumns,
  isPrometheusSeries,
  type MetricReader,
  type PointWindow,
  type NumberColumns,
  type PointColumns,
  type PointRun,
  type StoredSeries,
  type SummaryPoint,
} from "@clew/store";
import { bucketColumns } from "./bucket-columns.ts";
import { leOf } from "./bucket-labels.ts";
import { customSample, exponentialSample } from "./native-histogram.ts";
import type { SeriesLabels } from "./series-labels.ts";
import type { SampleColumns, SampleSet, SampleSets, SampleTimes } from "./sample-sets.ts";

const DELTA = 1;

/** Whether a series' points tell what was added since the one before. */
export function isDelta({ temporality }: StoredSeries): boolean {
  return temporality === DELTA;
}

/** Every label set that a stored series stands for. `bounds` are a histogram's. */
export function labelSetsOf(
  series: StoredSeries,
  bounds: Float64Array | undefined,
  labels: SeriesLabels,
): readonly Labels[] {
  const { name, type } = series;
  if ((type !== "histogram" && type !== "summary") || labels.isNative(series)) return [labels.of(series, name)];
  const parts = [labels.of(series, `${name}_sum`), labels.of(series, `${name}_count`)];
  if (type === "summary") return [labels.of(series, name), ...parts];
  return [...parts, ...[...(bounds ?? []), Infinity].map((bound) => labels.bucket(series, bound))];
}

/** Reads the points of the series and adds them to `samples`. */
export async function expandPoints(
  reader: MetricReader,
  series: readonly StoredSeries[],
  window: PointWindow,
  limit: number,
  samples: SampleSets,
  labels: SeriesLabels,
  signal: AbortSignal,
): Promise<void> {
  const of = (...types: readonly StoredSeries["type"][]): StoredSeries[] =>
    series.filter(({ type }) => types.includes(type));
  const scalars = of("gauge", "sum");
  addNumbers(scalars, await reader.numbers(scalars, window, limit, signal), samples, labels);
  const explicit = of("histogram");
  const classic = explicit.filter((one) => !labels.isNative(one));
  addHistograms(classic, await reader.histograms(classic, window, limit, signal), samples, labels);
  const exponential = of("exponential_histogram");
  const natives = await reader.exponentialHistograms(exponential, window, limit, signal);
  for (const one of exponential)
    addNativeHistograms(one, natives.get(one.key) ?? [], exponentialSample, samples, labels);
  const custom = explicit.filter((one) => labels.isNative(one));
  const customs = await reader.nativeHistograms(custom, window, limit, signal);
  for (const one of custom) addNativeHistograms(one, customs.get(one.key) ?? [], customSample, samples, labels);
  const quantiles = of("summary");
  const summaries = await reader.summaries(quantiles, window, limit, signal);
  for (const one of quantiles) addSummaries(one, summaries.get(one.key) ?? [], samples, labels);
}

function addNumbers(
  all: readonly StoredSeries[],
  points: NumberColumns,
  samples: SampleSets,
  labels: SeriesLabels,
): void {
  const byKey = new Map(all.map((one) => [one.key, one]));
  for (const { key, start, end } of points.runs) {
    const series = byKey.get(key);
    const set = series && samples.open(labels.of(series, series.name));
    if (series === undefined || set === undefined) continue;
    const values = points.values.subarray(start, end);
    const sampleCounts = points.sampleCounts?.subarray(start, end);
    const columns = { ...timesOf(series, points, start, end), values, sampleCounts };
    if (series.temporality === DELTA) addUp(values);
    set.addColumns(series.monotonic || isPrometheusSeries(series) ? columns : { ...columns, startsMs: undefined });
  }
}

type Times = Pick<SampleColumns, "timestampsMs" | "startsMs" | "stale">;

/** Sums of deltas are counted since the first of them began. */
function timesOf({ temporality }: StoredSeries, points: PointColumns, start: number, end: number): Times {
  const startsMs = points.startsMs?.subarray(start, end);
  return {
    timestampsMs: points.timestampsMs.subarray(start, end),
    startsMs: temporality === DELTA ? startsMs?.fill(startsMs[0] ?? 0) : startsMs,
    stale: points.stale.subarray(start, end),
  };
}

/** Replaces each value by the sum up to it. */
function addUp(values: Float64Array): void {
  for (let i = 1; i < values.length; i++) values[i] = values[i]! + values[i - 1]!;
}

function addHistograms(
  all: readonly StoredSeries[],
  points: HistogramColumns,
  samples: SampleSets,
  labels: SeriesLabels,
): void {
  const byKey = new Map(all.map((one) => [one.key, one]));
  for (const run of points.runs) {
    const series = byKey.get(run.key);
    if (series !== undefined) addHistogram(series, run, points, samples, labels);
  }
}

/** A classic histogram's `_count`, `_sum` and one `_bucket` a bound. */
function addHistogram(
  series: StoredSeries,
  run: PointRun,
  points: HistogramColumns,
  samples: SampleSets,
  labels: SeriesLabels,
): void {
  const { start, end } = run;
  const times = timesOf(series, points, start, end);
  if (times.stale.includes(1)) samples.hasEnds = true;
  const add = (of: Labels, columnOf: () => Float64Array, rows?: readonly number[]): void => {
    const set = samples.open(of);
    if (set === undefined) return;
    const values = columnOf();
    if (series.temporality === DELTA) addUp(values);
    set.addColumns(rows === undefined ? { ...times, values } : pickedRows(times, values, rows));
  };
  add(labels.of(series, `${series.name}_count`), () => points.counts.slice(start, end));
  const hasAllSums = points.hasSum.subarray(start, end).indexOf(0) < 0;
  const summed = hasAllSums
    ? undefined
    : rowsWhere(start, end, (row) => points.hasSum[row] === 1 || points.stale[row] === 1);
  const sums = (): Float64Array =>
    summed === undefined ? points.sums.slice(start, end) : Float64Array.from(summed, (i) => points.sums[start + i]!);
  add(labels.of(series, `${series.name}_sum`), sums, summed);
  for (const { bound, rows, cumulative } of bucketColumns(run, points))
    add(labels.bucket(series, bound), cumulative, rows);
}

function rowsWhere(start: number, end: number, isWanted: (row: number) => boolean): readonly number[] {
  const rows: number[] = [];
  for (let row = start; row < end; row++) if (isWanted(row)) rows.push(row - start);
  return rows;
}

function pickedRows(
  { timestampsMs, startsMs, stale }: Times,
  values: Float64Array,
  rows: readonly number[],
): SampleColumns {
  return {
    timestampsMs: Float64Array.from(rows, (row) => timestampsMs[row]!),
    startsMs: startsMs && Float64Array.from(rows, (row) => startsMs[row]!),
    stale: Uint8Array.from(rows, (row) => stale[row]!),
    values,
  };
}

function addNativeHistograms<Point extends SampleTimes & { readonly flags: number }>(
  series: StoredSeries,
  points: readonly Point[],
  sampleOf: (point: Point, isDelta: boolean) => NativeHistogram | undefined,
  samples: SampleSets,
  labels: SeriesLabels,
): void {
  const set = samples.open(labels.of(series, series.name));
  for (const point of points) {
    const histogram = sampleOf(point, series.temporality === DELTA);
    if (histogram !== undefined) set?.add(point, 0, isStale(point.flags), histogram);
  }
}

function addSummaries(
  series: StoredSeries,
  points: readonly SummaryPoint[],
  samples: SampleSets,
  labels: SeriesLabels,
): void {
  const sums = samples.open(labels.of(series, `${series.name}_sum`));
  const counts = samples.open(labels.of(series, `${series.name}_count`));
  const base = labels.of(series, series.name);
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
    if (!stale) continue;
    samples.hasEnds = true;
    for (const set of sets.values()) set?.add(point, 0, true);
  }
}

function isStale(flags: number): boolean {
  return (flags & NO_RECORDED_VALUE) !== 0;
}
