import { type Grid, timeOf } from "./grid.ts";
import { counterResets } from "./counter-resets.ts";
import { extrapolationFactor } from "./extrapolation.ts";
import type { RateKind } from "./rate-remarks.ts";
import type { SampleColumns } from "./sample-columns.ts";
import type { Series, SeriesSlab } from "./series.ts";
import { zeroWithin } from "./start-times.ts";

const NO_RESETS = { at: [], overlapping: [] };

/** Where the windows of all steps lie: each ends `offsetMs` before its step and reaches back `rangeMs`. */
interface Windows {
  readonly grid: Grid;
  readonly offsetMs: number;
  readonly rangeMs: number;
}

/**
 * `rate`, `increase` and `delta` of a series that has only floats, at all steps in one pass over it: what
 * `extrapolatedRate` gives for each window. Nothing where the counting of samples overlaps, which is to be remarked
 * on for the windows that see it.
 */
export function floatRates(
  columns: SampleColumns,
  kind: RateKind,
  { grid, offsetMs, rangeMs }: Windows,
  slab: SeriesSlab,
): Series | undefined {
  if (columns.histograms.length > 0) return undefined;
  const { floatTimes: times, floats } = columns;
  const { at: falls, overlapping } = kind.isCounter ? counterResets(columns) : NO_RESETS;
  if (overlapping.length > 0) return undefined;
  const starts = kind.isCounter ? columns.floatStarts : undefined;
  const series = slab.next(columns.labels, true);
  let first = 0;
  let end = 0;
  let fall = 0;
  for (let step = 0; step < grid.count; step++) {
    const rangeEndMs = timeOf(grid, step) - offsetMs;
    const rangeStartMs = rangeEndMs - rangeMs;
    while (end < times.length && times[end]! <= rangeEndMs) end++;
    while (first < times.length && times[first]! <= rangeStartMs) first++;
    while (fall < falls.length && falls[fall]! <= first) fall++;
    const count = end - first;
    const zeroMs = zeroWithin(rangeStartMs, starts?.[first] ?? 0, times[first]!);
    if (count < 1 || (count < 2 && zeroMs === undefined)) continue;
    const firstValue = floats[first]!;
    let difference = floats[end - 1]! - firstValue;
    let fallen = 0;
    for (let i = fall; i < falls.length && falls[i]! < end; i++) fallen += floats[falls[i]! - 1]!;
    if (kind.isCounter) difference += fallen;
    if (zeroMs !== undefined) difference += firstValue;
    const factor = extrapolationFactor(
      kind,
      rangeStartMs,
      rangeEndMs,
      times[first]!,
      times[end - 1]!,
      count,
      firstValue,
      difference,
      zeroMs,
    );
    series.setFloat(step, difference * (kind.perSecond ? factor / (rangeMs / 1000) : factor));
  }
  return series;
}
