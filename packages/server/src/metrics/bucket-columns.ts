/** The cumulative buckets of classic histograms, bound by bound, out of points that each have all their buckets. */
import type { HistogramColumns, PointRun } from "@clew/store";

export interface BucketColumn {
  readonly bound: number;
  /** The rows of the run that have this bucket; absent where all have. */
  readonly rows: readonly number[] | undefined;
  /** How many values up to the bound each of the rows has. Bounds are to be asked for in their order. */
  readonly cumulative: () => Float64Array;
}

/** The buckets of a run, ascending where all points have the same bounds, as they mostly do. */
export function bucketColumns(run: PointRun, points: HistogramColumns): readonly BucketColumn[] {
  return hasSameBounds(run, points) ? alikeBuckets(run, points) : differentBuckets(run, points);
}

function hasSameBounds({ start, end }: PointRun, { bounds, boundEnds, bucketEnds, stale }: HistogramColumns): boolean {
  const first = start === 0 ? 0 : boundEnds[start - 1]!;
  const length = boundEnds[start]! - first;
  if (length > 0 && bounds[first + length - 1] === Infinity) return false;
  for (let row = start; row < end; row++) {
    const place = row === 0 ? 0 : boundEnds[row - 1]!;
    const buckets = bucketEnds[row]! - (row === 0 ? 0 : bucketEnds[row - 1]!);
    if (stale[row] === 1 || boundEnds[row]! - place !== length || buckets < length) return false;
    for (let i = 0; i < length; i++) if (bounds[place + i] !== bounds[first + i]) return false;
  }
  return true;
}

function alikeBuckets({ start, end }: PointRun, points: HistogramColumns): readonly BucketColumn[] {
  const { bounds, boundEnds, bucketCounts, bucketEnds, counts } = points;
  const first = start === 0 ? 0 : boundEnds[start - 1]!;
  const sums = new Float64Array(end - start);
  let summed = 0;
  const sumUpTo = (bucket: number): void => {
    for (; summed <= bucket; summed++) {
      for (let row = start; row < end; row++) {
        const place = row === 0 ? 0 : bucketEnds[row - 1]!;
        sums[row - start] = sums[row - start]! + bucketCounts[place + summed]!;
      }
    }
  };
  const finite = Array.from(bounds.subarray(first, boundEnds[start]), (bound, i) => ({
    bound,
    rows: undefined,
    cumulative: () => {
      sumUpTo(i);
      return sums.slice();
    },
  }));
  return [...finite, { bound: Infinity, rows: undefined, cumulative: () => counts.slice(start, end) }];
}

/** The buckets of a run, whose points may have different bounds. */
function differentBuckets({ start, end }: PointRun, points: HistogramColumns): readonly BucketColumn[] {
  const { bounds, boundEnds, bucketCounts, bucketEnds, counts, stale } = points;
  const byBound = new Map<number, { rows: number[]; places: number[] }>();
  const has = (bound: number, row: number, place: number): void => {
    let bucket = byBound.get(bound);
    if (bucket === undefined) byBound.set(bound, (bucket = { rows: [], places: [] }));
    bucket.rows.push(row - start);
    bucket.places.push(place);
  };
  for (let row = start; row < end; row++) {
    if (stale[row] === 1) {
      // A marker of the end comes without bounds: every bucket that was there ends.
      for (const bound of byBound.keys()) has(bound, row, 0);
      continue;
    }
    const first = row === 0 ? 0 : boundEnds[row - 1]!;
    for (let i = first; i < boundEnds[row]!; i++) if (bounds[i]! < Infinity) has(bounds[i]!, row, i - first);
    has(Infinity, row, -1);
  }
  return [...byBound].map(([bound, { rows, places }]) => ({
    bound,
    rows,
    cumulative: () =>
      Float64Array.from(rows, (i, n) => {
        const row = start + i;
        if (bound === Infinity) return counts[row]!;
        const first = row === 0 ? 0 : bucketEnds[row - 1]!;
        let sum = 0;
        for (let place = first; place <= first + places[n]! && place < bucketEnds[row]!; place++)
          sum += bucketCounts[place]!;
        return sum;
      }),
  }));
}
