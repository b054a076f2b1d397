import { type Buckets, CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from "./native-histogram.ts";

/** One bucket with its bounds; which of the bounds belongs to it does not matter to interpolation. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export function usesCustomBuckets({ schema }: NativeHistogram): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

/** The upper bound of bucket `index` on the positive side. */
export function upperBoundOf({ schema, customBounds }: NativeHistogram, index: number): number {
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    return index < 0 ? -Infinity : index < customBounds.length ? (customBounds[index] ?? Infinity) : Infinity;
  }
  const bound = 2 ** (index * 2 ** -schema);
  // The last bucket of a schema ends at the largest float; only what overflowed lies above.
  return bound === Infinity && 2 ** ((index - 1) * 2 ** -schema) !== Infinity ? Number.MAX_VALUE : bound;
}

/** All buckets that are not empty, the zero bucket among them, by ascending bounds. */
export function bucketsOf(histogram: NativeHistogram): Bucket[] {
  const positive = sideOf(histogram, histogram.positive);
  const negative = sideOf(histogram, histogram.negative)
    .map(({ lower, upper, count }) => ({ lower: -upper, upper: -lower, count }))
    .reverse();
  const { zeroCount, zeroThreshold } = histogram;
  const zero = zeroCount === 0 ? [] : [{ lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount }];
  return [...negative, ...zero, ...positive];
}

export function hasCounts({ counts }: Buckets): boolean {
  return counts.some((count) => count !== 0);
}

function sideOf(histogram: NativeHistogram, { offset, counts }: Buckets): Bucket[] {
  const buckets: Bucket[] = [];
  counts.forEach((count, i) => {
    if (count === 0) return;
    const index = offset + i;
    buckets.push({ lower: upperBoundOf(histogram, index - 1), upper: upperBoundOf(histogram, index), count });
  });
  return buckets;
}

/** What part of a bucket's counts lies below a value inside it. */
export function fractionBelow({ lower, upper }: Bucket, value: number, isLinear: boolean): number {
  if (isLinear || lower === 0 || upper === 0) return (value - lower) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  return value > 0 ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper);
}
