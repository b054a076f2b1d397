/** Windows of samples in columns, put together and taken apart. Columns are shared, never written to. */
import type { NativeHistogram, SeriesSamples } from "@clew/query";
import type { MillisWindow } from "@clew/store";

/** About what a histogram takes beside its buckets. */
const HISTOGRAM_BYTES = 256;

/** The samples with `startMs < time <= endMs`. */
export function within(all: readonly SeriesSamples[], { startMs, endMs }: MillisWindow): readonly SeriesSamples[] {
  return all.flatMap((one) => {
    const { timestampsMs: times } = one;
    const start = firstAfter(times, startMs);
    const end = firstAfter(times, endMs);
    if (start >= end) return [];
    return start === 0 && end === times.length ? [one] : [slice(one, start, end)];
  });
}

/** Series of `earlier` and of `later`, all of whose samples lie behind those. */
export function appended(earlier: readonly SeriesSamples[], later: readonly SeriesSamples[]): readonly SeriesSamples[] {
  const added = new Map(later.map((one) => [one.labels.key, one]));
  const joined = earlier.map((one) => {
    const more = added.get(one.labels.key);
    added.delete(one.labels.key);
    return more === undefined ? one : join(one, more);
  });
  return [...joined, ...added.values()];
}

/** The same samples. Times that series have in common, as those of one process do, stand in memory once. */
export function compacted(all: readonly SeriesSamples[]): readonly SeriesSamples[] {
  let times: Float64Array | undefined;
  let starts: Float64Array | undefined;
  return all.map((one) => {
    times = kept(times, one.timestampsMs);
    if (one.startTimestampsMs === undefined) return { ...one, timestampsMs: times };
    starts = kept(starts, one.startTimestampsMs);
    return { ...one, timestampsMs: times, startTimestampsMs: starts };
  });
}

/** Of what was compacted. */
export function byteLengthOf(all: readonly SeriesSamples[]): number {
  const columns = new Set<Float64Array>();
  let bytes = 0;
  for (const { timestampsMs, startTimestampsMs, values, histograms = [] } of all) {
    for (const column of [timestampsMs, startTimestampsMs, values]) if (column !== undefined) columns.add(column);
    for (const histogram of histograms) bytes += bytesOf(histogram);
  }
  for (const { byteLength } of columns) bytes += byteLength;
  return bytes;
}

function bytesOf(histogram: NativeHistogram | undefined): number {
  if (histogram === undefined) return 0;
  const { positive, negative, customBounds } = histogram;
  return HISTOGRAM_BYTES + positive.counts.byteLength + negative.counts.byteLength + customBounds.byteLength;
}

function kept(last: Float64Array | undefined, column: Float64Array): Float64Array {
  return last !== undefined && isSame(last, column) ? last : column.slice();
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function firstAfter(times: Float64Array, limitMs: number): number {
  const { length } = times;
  if (length === 0 || times[0]! > limitMs) return 0;
  if (times[length - 1]! <= limitMs) return length;
  let low = 0;
  let high = length - 1;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= limitMs) low = middle;
    else high = middle;
  }
  return high;
}

function slice(
  { labels, timestampsMs, values, histograms, startTimestampsMs }: SeriesSamples,
  start: number,
  end: number,
): SeriesSamples {
  const ofRange = histograms?.slice(start, end);
  return {
    labels,
    timestampsMs: timestampsMs.subarray(start, end),
    values: values.subarray(start, end),
    ...(ofRange?.some((one) => one !== undefined) === true ? { histograms: ofRange } : {}),
    ...(startTimestampsMs === undefined ? {} : { startTimestampsMs: startTimestampsMs.subarray(start, end) }),
  };
}

function join(a: SeriesSamples, b: SeriesSamples): SeriesSamples {
  const { labels, histograms, startTimestampsMs: starts } = a;
  const hasHistograms = histograms !== undefined || b.histograms !== undefined;
  const hasStarts = starts !== undefined || b.startTimestampsMs !== undefined;
  return {
    labels,
    timestampsMs: joined(a.timestampsMs, b.timestampsMs),
    values: joined(a.values, b.values),
    ...(hasHistograms ? { histograms: [...histogramsOf(a), ...histogramsOf(b)] } : {}),
    ...(hasStarts ? { startTimestampsMs: joined(startsOf(a), startsOf(b)) } : {}),
  };
}

function histogramsOf({ values, histograms }: SeriesSamples): readonly (NativeHistogram | undefined)[] {
  return histograms ?? Array.from({ length: values.length }, () => undefined);
}

function startsOf({ values, startTimestampsMs }: SeriesSamples): Float64Array {
  return startTimestampsMs ?? new Float64Array(values.length);
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const whole = new Float64Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
