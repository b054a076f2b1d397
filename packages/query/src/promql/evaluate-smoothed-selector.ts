import type { Annotations } from "./annotations.ts";
import type { PositionRange } from "./ast.ts";
import type { Grid } from "./grid.ts";
import { interpolatedHistogram } from "./interpolate-histograms.ts";
import { usesCustomBuckets } from "./histogram-buckets.ts";
import type { SeriesSamples } from "./querier.ts";
import { incompatible, mixed } from "./rate-remarks.ts";
import { columnsOfSamples, type SampleColumns } from "./sample-columns.ts";
import { type Sample, Series } from "./series.ts";
import { type Reference, referenceTime } from "./timing.ts";

interface SmoothingSettings {
  readonly reference: Reference;
  readonly grid: Grid;
  readonly lookbackMs: number;
  readonly annotations: Annotations;
  readonly position: PositionRange;
}

/** What a `smoothed` instant selector sees: the value on the line between the samples before and after. */
export function evaluateSmoothedSelector(
  samples: readonly SeriesSamples[],
  settings: SmoothingSettings,
): readonly Series[] {
  return samples.map((one) => smooth(columnsOfSamples(one), settings)).filter((series) => !series.isEmpty);
}

function smooth(columns: SampleColumns, settings: SmoothingSettings): Series {
  const { grid, reference } = settings;
  const series = new Series(columns.labels, grid.count);
  for (let step = 0; step < grid.count; step++) {
    const sample = valueAt(columns, referenceTime(reference, grid, step), settings);
    if (sample !== undefined) series.set(step, sample);
  }
  return series;
}

function valueAt(columns: SampleColumns, timeMs: number, settings: SmoothingSettings): Sample | undefined {
  const context = { ...settings, labels: columns.labels };
  const floats = neighbours(columns.floatTimes, timeMs, settings.lookbackMs);
  const histograms = neighbours(columns.histogramTimes, timeMs, settings.lookbackMs);
  if (floats !== undefined && histograms !== undefined) return mixed(context);
  if (floats !== undefined) return floatBetween(columns, floats, timeMs);
  const [before, after] = (histograms ?? []).map((i) => (i === undefined ? undefined : columns.histograms[i]));
  const [i, j] = histograms ?? [];
  if (after !== undefined && j !== undefined && columns.histogramTimes[j] === timeMs) return after;
  if (before === undefined || i === undefined) return undefined;
  if (after === undefined || j === undefined) return { ...before, counterReset: "unknown" };
  if (usesCustomBuckets(before) !== usesCustomBuckets(after)) return incompatible(context);
  const isCounter = before.counterReset !== "gauge" || after.counterReset !== "gauge";
  const times = { startMs: columns.histogramTimes[i] ?? 0, endMs: columns.histogramTimes[j] ?? 0, timeMs };
  return interpolatedHistogram(context, before, after, times, isCounter);
}

function floatBetween(
  { floatTimes, floats }: SampleColumns,
  [before, after]: readonly [number | undefined, number | undefined],
  timeMs: number,
): number | undefined {
  if (before === undefined) return undefined;
  if (after === undefined) return floats[before];
  const [t1 = 0, t2 = 0, y1 = NaN, y2 = NaN] = [floatTimes[before], floatTimes[after], floats[before], floats[after]];
  return t1 === t2 ? y1 : y1 + ((y2 - y1) * (timeMs - t1)) / (t2 - t1);
}

/** The last index at or before a time and the first at or after it, within the lookback; nothing where there is neither. */
function neighbours(
  times: Float64Array,
  timeMs: number,
  lookbackMs: number,
): readonly [number | undefined, number | undefined] | undefined {
  const after = times.findIndex((time) => time >= timeMs);
  const isExact = times[after] === timeMs;
  const last = isExact ? after : (after < 0 ? times.length : after) - 1;
  const before = last >= 0 && (times[last] ?? 0) > timeMs - lookbackMs ? last : undefined;
  const following = after >= 0 && (times[after] ?? 0) <= timeMs + lookbackMs ? after : undefined;
  return before === undefined && following === undefined ? undefined : [before, following];
}
