/** One `le` bucket: how many observations were at most `upperBound`. */
export interface CumulativeBucket {
  readonly upperBound: number;
  readonly count: number;
}

/** What had to be changed before counts rose from bucket to bucket. */
export interface MonotonicityRepair {
  readonly smallestBound: number;
  readonly largestBound: number;
  readonly largestDifference: number;
}

/** Counts this close, relatively, are taken as equal: rounding in `rate` and `sum` makes such differences. */
const TOLERANCE = 1e-12;

/** The φ-quantile, interpolated linearly within its bucket. `repair` says whether counts had to be made monotonic. */
export function classicQuantile(
  q: number,
  buckets: readonly CumulativeBucket[],
): { readonly quantile: number; readonly repair: MonotonicityRepair | undefined } {
  if (Number.isNaN(q)) return { quantile: NaN, repair: undefined };
  if (q < 0 || q > 1) return { quantile: q < 0 ? -Infinity : Infinity, repair: undefined };
  const sorted = merged(buckets);
  if (sorted.at(-1)?.upperBound !== Infinity) return { quantile: NaN, repair: undefined };
  const { rising, repair } = monotonic(sorted);
  return { quantile: quantileIn(q, rising), repair };
}

function quantileIn(q: number, buckets: readonly CumulativeBucket[]): number {
  const observations = buckets.at(-1)?.count ?? 0;
  if (buckets.length < 2 || observations === 0) return NaN;
  const rank = q * observations;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const bucket = buckets[index];
  if (bucket === undefined || index === buckets.length - 1) return buckets[buckets.length - 2]?.upperBound ?? NaN;
  if (index === 0 && bucket.upperBound <= 0) return bucket.upperBound;
  const { upperBound: start, count: below } = buckets[index - 1] ?? { upperBound: 0, count: 0 };
  return start + (bucket.upperBound - start) * ((rank - below) / (bucket.count - below));
}

/** The part of all observations between two values. */
export function classicFraction(lower: number, upper: number, buckets: readonly CumulativeBucket[]): number {
  const sorted = merged(buckets);
  const last = sorted.at(-1);
  if (last === undefined || last.upperBound !== Infinity) return NaN;
  if (last.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  const [lowerRank, upperRank] = [lower, upper].map((value) =>
    Math.min(rankOf(value, sorted) ?? last.count, last.count),
  );
  return ((upperRank ?? NaN) - (lowerRank ?? NaN)) / last.count;
}

function rankOf(value: number, buckets: readonly CumulativeBucket[]): number | undefined {
  let start = (buckets[0]?.upperBound ?? 0) <= 0 ? -Infinity : 0;
  let below = 0;
  for (const { upperBound, count } of buckets) {
    if (start >= value) return below;
    if (upperBound > value) {
      return start === -Infinity ? count : below + ((count - below) * (value - start)) / (upperBound - start);
    }
    start = upperBound;
    below = count;
  }
  return undefined;
}

/** By ascending bound, buckets of one bound added up. */
function merged(buckets: readonly CumulativeBucket[]): readonly CumulativeBucket[] {
  const counts = new Map<number, number>();
  for (const { upperBound, count } of buckets) counts.set(upperBound, (counts.get(upperBound) ?? 0) + count);
  return [...counts]
    .map(([upperBound, count]) => ({ upperBound, count }))
    .sort((a, b) => (a.upperBound < b.upperBound ? -1 : 1));
}

function monotonic(buckets: readonly CumulativeBucket[]): {
  rising: readonly CumulativeBucket[];
  repair: MonotonicityRepair | undefined;
} {
  let previous = buckets[0]?.count ?? 0;
  let repair: MonotonicityRepair | undefined;
  const rising = buckets.map(({ upperBound, count }) => {
    if (almostEqual(previous, count)) return { upperBound, count: previous };
    if (count < previous) {
      repair = {
        smallestBound: Math.min(upperBound, repair?.smallestBound ?? Infinity),
        largestBound: Math.max(upperBound, repair?.largestBound ?? -Infinity),
        largestDifference: Math.max(previous - count, repair?.largestDifference ?? 0),
      };
      return { upperBound, count: previous };
    }
    previous = count;
    return { upperBound, count };
  });
  return { rising, repair };
}

function almostEqual(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) / (Math.abs(a) + Math.abs(b)) < TOLERANCE;
}
