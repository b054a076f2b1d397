import type { ResolvedRange } from "../time/time-range.ts";

/** Buckets of one nice width that cover a range; they stay the same while the range moves with the clock. */
export interface BucketGrid extends ResolvedRange {
  readonly bucketMs: number;
  readonly count: number;
}

const SECOND = 1_000;
const NICE_MS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
].map((seconds) => seconds * SECOND);
const DAY = 86_400 * SECOND;

/** At most about `target` buckets. */
export function bucketGrid({ startMs, endMs }: ResolvedRange, target: number): BucketGrid {
  const exact = (endMs - startMs) / target;
  const bucketMs = NICE_MS.find((width) => width >= exact) ?? Math.ceil(exact / DAY) * DAY;
  const [start, end] = [Math.floor(startMs / bucketMs) * bucketMs, Math.ceil(endMs / bucketMs) * bucketMs];
  return { startMs: start, endMs: end, bucketMs, count: Math.round((end - start) / bucketMs) };
}
