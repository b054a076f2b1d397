import { resolveRange, type ResolvedRange } from "../time/time-range.ts";
import { useResolvedRange, useTimeRange } from "../time/use-time-range.ts";

const LEAST_MS = 5_000;
const MOST_MS = 60_000;
/** A live range moves on by this share of its length: less could not be seen on a chart. */
const SHARE = 1 / 300;
/** Only the range's length is wanted, whenever it is. */
const ANY_TIME_MS = 2e12;

/** The address's range for charts: the longer it is, the more seldom it moves on. */
export function useMovingRange(): ResolvedRange {
  const { range } = useTimeRange();
  const { startMs, endMs } = resolveRange(range, ANY_TIME_MS);
  return useResolvedRange(Math.min(MOST_MS, Math.max(LEAST_MS, (endMs - startMs) * SHARE)));
}
