/** OTLP's exponential histograms as Prometheus's native ones. */
import type { BucketsObject, ExponentialHistogramDataPointObject } from "@clew/otlp";

/** Prometheus knows no coarser buckets. */
export const MIN_SCHEMA = -4;
/** Nor finer ones. */
const MAX_SCHEMA = 8;
const DEFAULT_ZERO_THRESHOLD = 1e-128;
/** Where two histograms together need more, they are made coarser. */
const MAX_BUCKETS = 10_000;
/** Between buckets that are farther apart than this a new span begins. */
const MAX_GAP = 2;

/** Counts side by side; the first one's bucket has Prometheus's index `first`. */
export interface NativeBuckets {
  readonly first: number;
  readonly counts: readonly number[];
}

export interface NativeHistogram {
  readonly schema: number;
  /** 0 where it was not said. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
}

/** Buckets finer than Prometheus knows are merged; those that are coarser stay, and it is for the caller to see. */
export function nativeHistogram(point: ExponentialHistogramDataPointObject): NativeHistogram {
  const schema = Math.min(point.scale, MAX_SCHEMA);
  const buckets = (side: BucketsObject | undefined): NativeBuckets =>
    // OTLP's bucket i begins where Prometheus's ends.
    coarser({ first: (side?.offset ?? 0) + 1, counts: (side?.bucketCounts ?? []).map(Number) }, point.scale - schema);
  return {
    schema,
    zeroThreshold: point.zeroThreshold,
    zeroCount: Number(point.zeroCount),
    positive: buckets(point.positive),
    negative: buckets(point.negative),
  };
}

/** The threshold that Prometheus is told. */
export function shownZeroThreshold({ zeroThreshold }: NativeHistogram): number {
  return zeroThreshold === 0 ? DEFAULT_ZERO_THRESHOLD : zeroThreshold;
}

/** What both counted, in the buckets of the coarser one. Undefined where they lie too far apart. */
export function mergedNative(a: NativeHistogram, b: NativeHistogram): NativeHistogram | undefined {
  let schema = Math.min(a.schema, b.schema);
  while (widthOf(a, b, schema) > MAX_BUCKETS && schema > MIN_SCHEMA) schema--;
  if (widthOf(a, b, schema) > MAX_BUCKETS) return undefined;
  const merge = (side: "positive" | "negative"): NativeBuckets =>
    sum(coarser(a[side], a.schema - schema), coarser(b[side], b.schema - schema));
  return {
    schema,
    zeroThreshold: Math.max(a.zeroThreshold, b.zeroThreshold),
    zeroCount: a.zeroCount + b.zeroCount,
    positive: merge("positive"),
    negative: merge("negative"),
  };
}

/** How many buckets the wider side needs. */
function widthOf(a: NativeHistogram, b: NativeHistogram, schema: number): number {
  const width = (side: "positive" | "negative"): number => {
    const ends = [a, b].flatMap(({ [side]: { first, counts }, schema: own }) =>
      counts.length === 0 ? [] : [first, first + counts.length].map((index) => index / 2 ** (own - schema)),
    );
    return ends.length === 0 ? 0 : Math.max(...ends) - Math.min(...ends) + 1;
  };
  return Math.max(width("positive"), width("negative"));
}

/** Makes one of 2^steps buckets. */
function coarser({ first, counts }: NativeBuckets, steps: number): NativeBuckets {
  if (steps === 0 || counts.length === 0) return { first, counts };
  const width = 2 ** steps;
  const indexOf = (i: number): number => Math.ceil((first + i) / width);
  const start = indexOf(0);
  const merged = Array.from({ length: indexOf(counts.length - 1) - start + 1 }, () => 0);
  counts.forEach((count, i) => (merged[indexOf(i) - start]! += count));
  return { first: start, counts: merged };
}

function sum(a: NativeBuckets, b: NativeBuckets): NativeBuckets {
  if (a.counts.length === 0) return b;
  if (b.counts.length === 0) return a;
  const first = Math.min(a.first, b.first);
  const end = Math.max(a.first + a.counts.length, b.first + b.counts.length);
  const at = ({ first: start, counts }: NativeBuckets, index: number): number => counts[index - start] ?? 0;
  return { first, counts: Array.from({ length: end - first }, (_unused, i) => at(a, first + i) + at(b, first + i)) };
}

export interface BucketSpan {
  /** How many buckets lie between it and the span before; the first one's index for the first. */
  readonly offset: number;
  length: number;
}

export interface SpannedBuckets {
  readonly spans: readonly BucketSpan[];
  /** Each count less the one before it. */
  readonly deltas: readonly number[];
}

/** Leaves out runs of empty buckets. */
export function spanned({ first, counts }: NativeBuckets): SpannedBuckets {
  const spans: BucketSpan[] = [];
  const deltas: number[] = [];
  let before = 0;
  let next = 0;
  const add = (count: number): void => {
    spans.at(-1)!.length++;
    deltas.push(count - before);
    before = count;
  };
  counts.forEach((count, i) => {
    if (count === 0) return;
    const gap = first + i - next;
    if (spans.length === 0 || gap > MAX_GAP) spans.push({ offset: gap, length: 0 });
    else for (let empty = 0; empty < gap; empty++) add(0);
    add(count);
    next = first + i + 1;
  });
  return { spans, deltas };
}
