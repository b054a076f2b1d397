import type { Annotations } from "./annotations.ts";
import type { PositionRange } from "./ast.ts";
import { type Bucket, bucketsOf, fractionBelow, hasCounts, usesCustomBuckets } from "./histogram-buckets.ts";
import { KahanSum } from "./kahan-sum.ts";
import type { NativeHistogram } from "./native-histogram.ts";

/** Where a remark about a histogram belongs. */
export interface HistogramContext {
  readonly annotations: Annotations;
  readonly position: PositionRange;
  readonly metricName: string;
}

/** The functions that take a float out of each native histogram. */
export const HISTOGRAM_FUNCTIONS: ReadonlyMap<string, (histogram: NativeHistogram) => number> = new Map<
  string,
  (histogram: NativeHistogram) => number
>([
  ["histogram_count", ({ count }) => count],
  ["histogram_sum", ({ sum }) => sum],
  ["histogram_avg", ({ sum, count }) => sum / count],
  ["histogram_stdvar", variance],
  ["histogram_stddev", (histogram) => Math.sqrt(variance(histogram))],
]);

function variance(histogram: NativeHistogram): number {
  const mean = histogram.sum / histogram.count;
  const sum = new KahanSum();
  for (const bucket of bucketsOf(histogram)) {
    const delta = middleOf(bucket, usesCustomBuckets(histogram)) - mean;
    sum.add(bucket.count * delta * delta);
  }
  return (sum.sum + sum.compensation) / histogram.count;
}

function middleOf({ lower, upper }: Bucket, isLinear: boolean): number {
  if (isLinear) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const mean = Math.sqrt(upper * lower);
  return upper < 0 ? -mean : mean;
}

/** The φ-quantile, interpolated within its bucket: linearly in the zero bucket and custom buckets, else exponentially. */
export function nativeQuantile(q: number, histogram: NativeHistogram, context: HistogramContext): number {
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  if (histogram.count === 0 || Number.isNaN(q)) return NaN;
  // Counted from the nearer end, which loses less to rounding; NaN observations sort above all.
  const fromBelow = Number.isNaN(histogram.sum) || q < 0.5;
  const buckets = fromBelow ? bucketsOf(histogram) : bucketsOf(histogram).reverse();
  const rank = (fromBelow ? q : 1 - q) * histogram.count;
  let counted = 0;
  let found: Bucket | undefined;
  for (const bucket of buckets) {
    found = bucket;
    counted += bucket.count;
    if (counted >= rank) break;
  }
  if (found === undefined) {
    if (Number.isNaN(histogram.sum)) noteNaN(context, "histogram_quantile", "result is NaN");
    return NaN;
  }
  return quantileWithin(histogram, found, { counted: Math.min(counted, histogram.count), rank, fromBelow }, context);
}

function quantileWithin(
  histogram: NativeHistogram,
  found: Bucket,
  { counted, rank, fromBelow }: { counted: number; rank: number; fromBelow: boolean },
  context: HistogramContext,
): number {
  const isLinear = usesCustomBuckets(histogram);
  const bucket = isLinear ? found : narrowedZero(histogram, found);
  if (isLinear && bucket.lower === -Infinity && bucket.upper <= 0) return bucket.upper;
  if (isLinear && bucket.upper === Infinity && bucket.lower !== -Infinity) return bucket.lower;
  const { upper } = bucket;
  const lower = bucket.lower === -Infinity ? 0 : bucket.lower;
  if (counted < rank) {
    if (!Number.isNaN(histogram.sum)) return upper;
    noteNaN(context, "histogram_quantile", "result is NaN");
    return NaN;
  }
  if (Number.isNaN(histogram.sum) && totalOf(histogram) < histogram.count) {
    noteNaN(context, "histogram_quantile", "result is skewed higher");
  }
  const inBucket = fromBelow ? rank - (counted - bucket.count) : counted - rank;
  const fraction = inBucket / bucket.count;
  if (isLinear || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const [logLower, logUpper] = [Math.log2(Math.abs(lower)), Math.log2(Math.abs(upper))];
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
}

/** The part of all observations between two values. */
export function nativeFraction(
  lower: number,
  upper: number,
  histogram: NativeHistogram,
  context: HistogramContext,
): number {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  const total = totalOf(histogram);
  const hasNaN = Number.isNaN(histogram.sum);
  if (hasNaN && total < histogram.count) {
    noteNaN(context, "histogram_fraction", "which are excluded from all fractions");
  }
  const most = hasNaN ? total : histogram.count;
  const [lowerRank, upperRank] = [lower, upper].map((bound) => Math.min(rankOf(histogram, bound) ?? most, most));
  return ((upperRank ?? NaN) - (lowerRank ?? NaN)) / histogram.count;
}

/** How many observations lie below a value; nothing where all do. */
function rankOf(histogram: NativeHistogram, value: number): number | undefined {
  let rank = 0;
  for (const found of bucketsOf(histogram)) {
    const isLinear = usesCustomBuckets(histogram);
    const holdsZero = found.lower <= 0 && found.upper >= 0;
    const bucket = narrowedZero(histogram, found);
    if (bucket.lower >= value) return rank;
    if (bucket.upper > value) {
      if (bucket.lower === -Infinity) return bucket.count;
      return rank + bucket.count * fractionBelow(bucket, value, isLinear || holdsZero);
    }
    rank += bucket.count;
  }
  return undefined;
}

/** Where all other observations are on one side of zero, so are those of the zero bucket. */
function narrowedZero({ positive, negative }: NativeHistogram, bucket: Bucket): Bucket {
  if (!(bucket.lower <= 0 && bucket.upper >= 0)) return bucket;
  if (!hasCounts(negative) && hasCounts(positive)) return { ...bucket, lower: 0 };
  if (!hasCounts(positive) && hasCounts(negative)) return { ...bucket, upper: 0 };
  return bucket;
}

function totalOf(histogram: NativeHistogram): number {
  return bucketsOf(histogram).reduce((sum, { count }) => sum + count, 0);
}

function noteNaN({ annotations, position, metricName }: HistogramContext, func: string, outcome: string): void {
  const name = metricName === "" ? "" : ` for metric name ${JSON.stringify(metricName)}`;
  annotations.info(`input to ${func} has NaN observations, ${outcome}${name}`, position);
}
