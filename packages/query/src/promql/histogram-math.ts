import { usesCustomBuckets, upperBoundOf } from "./histogram-buckets.ts";
import type { Buckets, CounterResetHint, NativeHistogram } from "./native-histogram.ts";

/** The outcome of adding or subtracting. */
export interface Combined {
  readonly histogram: NativeHistogram;
  /** One histogram says that its counter was reset, the other that it was not. */
  readonly resetCollision: boolean;
  /** The custom bounds differed, so that only the common ones remain. */
  readonly boundsReconciled: boolean;
}

/** Adds `factor` times the second histogram to the first. Nothing where one has custom bounds and the other not. */
export function combine(left: NativeHistogram, right: NativeHistogram, factor: 1 | -1): Combined | undefined {
  if (usesCustomBuckets(left) !== usesCustomBuckets(right)) return undefined;
  const [a, b, boundsReconciled] = usesCustomBuckets(left)
    ? withCommonBounds(left, right)
    : withCommonBuckets(left, right);
  const [counterReset, resetCollision] = combinedHint(left.counterReset, right.counterReset);
  const histogram = {
    ...a,
    count: a.count + factor * b.count,
    sum: a.sum + factor * b.sum,
    zeroCount: a.zeroCount + factor * b.zeroCount,
    positive: addBuckets(a.positive, b.positive, factor),
    negative: addBuckets(a.negative, b.negative, factor),
    counterReset,
  };
  return { histogram, resetCollision, boundsReconciled };
}

/** Every count and the sum times a factor. A negative factor makes a gauge of it. */
export function scale(histogram: NativeHistogram, factor: number): NativeHistogram {
  return {
    ...histogram,
    count: histogram.count * factor,
    sum: histogram.sum * factor,
    zeroCount: histogram.zeroCount * factor,
    positive: mapCounts(histogram.positive, (count) => count * factor),
    negative: mapCounts(histogram.negative, (count) => count * factor),
    counterReset: factor < 0 ? "gauge" : histogram.counterReset,
  };
}

/** Every count and the sum over a divisor. Over zero, empty buckets stay empty and the others become infinite. */
export function divide(histogram: NativeHistogram, divisor: number): NativeHistogram {
  const quotient = scaleBy(histogram, (count) => count / divisor);
  if (divisor !== 0) return divisor < 0 ? { ...quotient, counterReset: "gauge" } : quotient;
  const empty = { offset: 0, counts: new Float64Array(0) };
  return { ...quotient, positive: empty, negative: empty };
}

function scaleBy(histogram: NativeHistogram, change: (count: number) => number): NativeHistogram {
  return {
    ...histogram,
    count: change(histogram.count),
    sum: change(histogram.sum),
    zeroCount: change(histogram.zeroCount),
    positive: mapCounts(histogram.positive, change),
    negative: mapCounts(histogram.negative, change),
  };
}

export function equalHistograms(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    sameFloat(a.count, b.count) &&
    sameFloat(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    sameFloat(a.zeroCount, b.zeroCount) &&
    sameBounds(a.customBounds, b.customBounds) &&
    sameBuckets(a.positive, b.positive) &&
    sameBuckets(a.negative, b.negative)
  );
}

/** Whether a counter was reset between two histograms: a count fell, or the buckets became finer. */
export function isReset(current: NativeHistogram, previous: NativeHistogram): boolean {
  if (current.counterReset === "reset") return true;
  if (current.counterReset === "not_reset") return false;
  if (current.count < previous.count) return true;
  if (usesCustomBuckets(current) && !usesCustomBuckets(previous)) return true;
  if (usesCustomBuckets(current)) {
    const [a, b] = withCommonBounds(current, previous);
    return anyFell(a.positive, b.positive);
  }
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  const widened = withZeroThreshold(previous, current.zeroThreshold);
  if (widened.zeroThreshold !== current.zeroThreshold || current.zeroCount < widened.zeroCount) return true;
  const coarse = withSchema(widened, current.schema);
  const trimmed = withZeroThreshold(current, current.zeroThreshold);
  return anyFell(trimmed.positive, coarse.positive) || anyFell(trimmed.negative, coarse.negative);
}

/** The same counts in wider buckets. */
function withSchema(histogram: NativeHistogram, schema: number): NativeHistogram {
  if (schema === histogram.schema || usesCustomBuckets(histogram)) return histogram;
  const shift = histogram.schema - schema;
  const { positive, negative } = histogram;
  return { ...histogram, schema, positive: coarser(positive, shift), negative: coarser(negative, shift) };
}

/** The same counts with a zero bucket at least this wide; wider still where a bucket that is not empty straddles it. */
function withZeroThreshold(histogram: NativeHistogram, threshold: number): NativeHistogram {
  if (threshold <= histogram.zeroThreshold) return histogram;
  const sides = [histogram.positive, histogram.negative];
  for (const { offset, counts } of sides) {
    for (let i = 0; i < counts.length; i++) {
      const lower = upperBoundOf(histogram, offset + i - 1);
      const upper = upperBoundOf(histogram, offset + i);
      if (counts[i] !== 0 && lower < threshold && upper > threshold) return withZeroThreshold(histogram, upper);
    }
  }
  let zeroCount = histogram.zeroCount;
  const outside = ({ offset, counts }: Buckets): Buckets => ({
    offset,
    counts: counts.map((count, i) => {
      if (upperBoundOf(histogram, offset + i) > threshold) return count;
      zeroCount += count;
      return 0;
    }),
  });
  const positive = outside(histogram.positive);
  const negative = outside(histogram.negative);
  return { ...histogram, zeroThreshold: threshold, zeroCount, positive, negative };
}

/** A histogram in the buckets of another that is at least as coarse. */
export function withLayoutOf(layout: NativeHistogram, histogram: NativeHistogram): NativeHistogram {
  if (!usesCustomBuckets(layout)) return withSchema(withZeroThreshold(histogram, layout.zeroThreshold), layout.schema);
  return sameBounds(layout.customBounds, histogram.customBounds)
    ? histogram
    : withBounds(histogram, layout.customBounds);
}

function withCommonBuckets(left: NativeHistogram, right: NativeHistogram): [NativeHistogram, NativeHistogram, boolean] {
  let [a, b] = [left, right];
  while (a.zeroThreshold !== b.zeroThreshold) {
    a = withZeroThreshold(a, b.zeroThreshold);
    b = withZeroThreshold(b, a.zeroThreshold);
  }
  const schema = Math.min(a.schema, b.schema);
  return [withSchema(a, schema), withSchema(b, schema), false];
}

function withCommonBounds(left: NativeHistogram, right: NativeHistogram): [NativeHistogram, NativeHistogram, boolean] {
  if (sameBounds(left.customBounds, right.customBounds)) return [left, right, false];
  const other = new Set(right.customBounds);
  const bounds = left.customBounds.filter((bound) => other.has(bound));
  return [withBounds(left, bounds), withBounds(right, bounds), true];
}

function withBounds(histogram: NativeHistogram, customBounds: Float64Array): NativeHistogram {
  const counts = new Float64Array(customBounds.length + 1);
  const { offset, counts: old } = histogram.positive;
  for (let i = 0; i < old.length; i++) {
    const upper = upperBoundOf(histogram, offset + i);
    const index = customBounds.findIndex((bound) => bound >= upper);
    const target = index < 0 ? customBounds.length : index;
    counts[target] = (counts[target] ?? 0) + (old[i] ?? 0);
  }
  return { ...histogram, customBounds, positive: { offset: 0, counts } };
}

function coarser({ offset, counts }: Buckets, shift: number): Buckets {
  if (counts.length === 0) return { offset, counts };
  const target = (index: number): number => Math.floor((index - 1) / 2 ** shift) + 1;
  const first = target(offset);
  const merged = new Float64Array(target(offset + counts.length - 1) - first + 1);
  counts.forEach((count, i) => {
    const index = target(offset + i) - first;
    merged[index] = (merged[index] ?? 0) + count;
  });
  return { offset: first, counts: merged };
}

function addBuckets(a: Buckets, b: Buckets, factor: number): Buckets {
  if (b.counts.length === 0) return a;
  const first = a.counts.length === 0 ? b.offset : Math.min(a.offset, b.offset);
  const end = Math.max(a.counts.length === 0 ? -Infinity : a.offset + a.counts.length, b.offset + b.counts.length);
  const counts = new Float64Array(end - first);
  counts.set(a.counts, a.counts.length === 0 ? 0 : a.offset - first);
  for (let i = 0; i < b.counts.length; i++) {
    const index = b.offset + i - first;
    counts[index] = (counts[index] ?? 0) + factor * (b.counts[i] ?? 0);
  }
  return { offset: first, counts };
}

function mapCounts({ offset, counts }: Buckets, change: (count: number) => number): Buckets {
  return { offset, counts: counts.map(change) };
}

function combinedHint(a: CounterResetHint, b: CounterResetHint): [hint: CounterResetHint, collision: boolean] {
  if (a === b) return [a, false];
  if (a === "gauge" || b === "gauge") return ["gauge", false];
  return ["unknown", a !== "unknown" && b !== "unknown"];
}

function anyFell(current: Buckets, previous: Buckets): boolean {
  return previous.counts.some((count, i) => countAt(current, previous.offset + i) < count);
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  const covers = (one: Buckets, other: Buckets): boolean =>
    one.counts.every((count, i) => sameFloat(count, countAt(other, one.offset + i)));
  return covers(a, b) && covers(b, a);
}

function countAt({ offset, counts }: Buckets, index: number): number {
  return counts[index - offset] ?? 0;
}

function sameBounds(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((bound, i) => bound === b[i]);
}

function sameFloat(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
