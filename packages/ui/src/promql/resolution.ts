/** How finely a window is asked about. */
import type { Grid } from "../chart/series.ts";
import type { ResolvedRange } from "../time/time-range.ts";

const POINTS = 500;
const NICE_SECONDS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
];

/** About 500 steps over the window, on times that stay the same while the window moves. */
export function gridOf({ startMs, endMs }: ResolvedRange): Grid {
  const exact = (endMs - startMs) / 1_000 / POINTS;
  const stepSeconds = NICE_SECONDS.find((step) => step >= exact) ?? Math.ceil(exact / 86_400) * 86_400;
  return {
    startSeconds: Math.floor(startMs / 1_000 / stepSeconds) * stepSeconds,
    endSeconds: Math.floor(endMs / 1_000 / stepSeconds) * stepSeconds,
    stepSeconds,
  };
}

/** The window of `rate` that suits a range: no sample between two steps is passed over. */
export function rateWindow(range: ResolvedRange): string {
  const seconds = gridOf(range).stepSeconds * 4;
  if (seconds <= 60) return "1m";
  if (seconds <= 300) return "5m";
  return seconds <= 3_600 ? `${Math.ceil(seconds / 60)}m` : `${Math.ceil(seconds / 3_600)}h`;
}
