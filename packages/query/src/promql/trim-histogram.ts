import { type Bucket, fractionBelow, hasCounts, upperBoundOf, usesCustomBuckets } from "./histogram-buckets.ts";
import type { Buckets, NativeHistogram } from "./native-histogram.ts";

interface Kept {
  readonly count: number;
  /** The value that stands for what is kept, for the new sum. */
  readonly middle: number;
}

/** What is left of a histogram below (`</`) or above (`>/`) a value; the sum is estimated from the buckets. */
export function trimHistogram(histogram: NativeHistogram, value: number, keepBelow: boolean): NativeHistogram {
  const isLinear = usesCustomBuckets(histogram);
  let count = 0;
  let sum = 0;
  let changed = false;
  const keep = (bucket: Bucket, { count: kept, middle }: Kept): number => {
    count += kept;
    if (kept !== 0) sum += middle * kept;
    changed ||= kept !== bucket.count;
    return kept;
  };
  const trimSide = ({ offset, counts }: Buckets, sign: 1 | -1): Buckets => ({
    offset,
    counts: counts.map((one, i) => {
      if (one === 0) return 0;
      const bounds = [upperBoundOf(histogram, offset + i - 1), upperBoundOf(histogram, offset + i)].map(
        (b) => b * sign,
      );
      const bucket = { lower: Math.min(...bounds), upper: Math.max(...bounds), count: one };
      return keep(bucket, keptOf(bucket, value, keepBelow, isLinear));
    }),
  });
  const positive = trimSide(histogram.positive, 1);
  const negative = trimSide(histogram.negative, -1);
  let zeroCount = 0;
  if (histogram.zeroCount > 0) {
    const zero = zeroBucketOf(histogram);
    zeroCount = keep(zero, keptOfZero(zero, value, keepBelow));
  }
  return changed ? { ...histogram, count, sum, zeroCount, positive, negative } : histogram;
}

function zeroBucketOf({ positive, negative, zeroThreshold, zeroCount }: NativeHistogram): Bucket {
  const [hasPositive, hasNegative] = [hasCounts(positive), hasCounts(negative)];
  const lower = hasPositive && !hasNegative ? 0 : -zeroThreshold;
  const upper = hasNegative && !hasPositive ? 0 : zeroThreshold;
  return { lower, upper, count: zeroCount };
}

function keptOf(bucket: Bucket, value: number, keepBelow: boolean, isLinear: boolean): Kept {
  const { lower, upper, count } = bucket;
  if (keepBelow ? upper <= value : lower >= value) return { count, middle: middleOf(lower, upper, isLinear) };
  if (keepBelow ? lower >= value : upper <= value) return { count: 0, middle: 0 };
  if (lower === -Infinity || upper === Infinity) return keptOfOpen(bucket, value, keepBelow);
  const below = count * fractionBelow(bucket, value, isLinear);
  return keepBelow
    ? { count: below, middle: middleOf(lower, value, isLinear) }
    : { count: count - below, middle: middleOf(value, upper, isLinear) };
}

/** A bucket without a lower bound counts as beginning at zero if it ends above it. */
function keptOfOpen({ lower, upper, count }: Bucket, value: number, keepBelow: boolean): Kept {
  if (lower !== -Infinity) return keepBelow ? { count: 0, middle: 0 } : { count, middle: value };
  if (keepBelow) {
    if (value > 0 && upper > 0 && upper !== Infinity) return { count: (count * value) / upper, middle: value / 2 };
    return upper <= 0 ? { count, middle: value } : { count: 0, middle: 0 };
  }
  const reaches = value >= 0 && upper > value && upper !== Infinity;
  return reaches ? { count: count * (1 - value / upper), middle: (value + upper) / 2 } : { count: 0, middle: 0 };
}

function keptOfZero({ lower, upper, count }: Bucket, value: number, keepBelow: boolean): Kept {
  if (keepBelow ? value >= upper : value <= lower) return { count, middle: (lower + upper) / 2 };
  if (keepBelow ? value <= lower : value >= upper) return { count: 0, middle: 0 };
  return keepBelow
    ? { count: (count * (value - lower)) / (upper - lower), middle: (lower + value) / 2 }
    : { count: (count * (upper - value)) / (upper - lower), middle: (value + upper) / 2 };
}

function middleOf(lower: number, upper: number, isLinear: boolean): number {
  if (lower === -Infinity) return upper === Infinity ? 0 : upper > 0 ? upper / 2 : upper;
  if (upper === Infinity) return lower;
  if (isLinear) return (lower + upper) / 2;
  const mean = Math.sqrt(Math.abs(lower * upper));
  return upper <= 0 ? -mean : mean;
}
