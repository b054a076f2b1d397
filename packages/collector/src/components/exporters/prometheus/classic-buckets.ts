/** Exponential histograms for those who know classic ones alone. */
import type { NativeBuckets, NativeHistogram } from "../../../prometheus/native-histogram.ts";

/**
 * The counts by their upper bounds, which are powers of two whatever the histogram's own scale:
 * bounds that moved with the scale would look like counters that start again.
 */
export function powersOfTwo({
  schema,
  zeroThreshold,
  zeroCount,
  positive,
  negative,
}: NativeHistogram): Map<number, number> {
  const buckets = new Map<number, number>();
  const add = (bound: number, count: number): void => {
    if (count > 0) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
  };
  // A negative bucket is the mirror image of a positive one: its upper bound is the lower one, negated.
  forEachPower(negative, schema, (lower, _upper, count) => add(-(2 ** lower), count));
  add(zeroThreshold, zeroCount);
  forEachPower(positive, schema, (_lower, upper, count) => add(2 ** upper, count));
  return buckets;
}

/** Visits each bucket with the powers of two between which it lies: the bucket of schema 0 that holds it, or itself if coarser. */
function forEachPower(
  { first, counts }: NativeBuckets,
  schema: number,
  visit: (lower: number, upper: number, count: number) => void,
): void {
  const width = 2 ** Math.max(-schema, 0);
  counts.forEach((count, i) => {
    const index = first + i - 1;
    const lower = schema >= 0 ? Math.floor(index / 2 ** schema) : index * width;
    visit(lower, lower + width, count);
  });
}
