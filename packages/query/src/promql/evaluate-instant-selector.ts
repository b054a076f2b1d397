import type { Grid } from "./grid.ts";
import type { SeriesSamples } from "./querier.ts";
import { type Series, SeriesSlab } from "./series.ts";
import { staleTest } from "./stale-marker.ts";
import { type Reference, referenceTime } from "./timing.ts";

/** What a point of an instant selector is to be. */
export type InstantTake = "samples" | "times" | "starts";

/**
 * What an instant selector sees: at each time the newest sample that is not older than the lookback
 * and is no stale marker. On request the points are the samples' times or their start times, in seconds, instead.
 */
export function evaluateInstantSelector(
  samples: readonly SeriesSamples[],
  reference: Reference,
  grid: Grid,
  lookbackMs: number,
  take: InstantTake = "samples",
): readonly Series[] {
  const slab = new SeriesSlab(samples.length, grid.count);
  return samples
    .map((one) => lookBack(one, slab.next(one.labels, take !== "samples"), reference, grid, lookbackMs, take))
    .filter((series) => !series.isEmpty);
}

function lookBack(
  { timestampsMs, values, histograms, startTimestampsMs: starts }: SeriesSamples,
  series: Series,
  reference: Reference,
  grid: Grid,
  lookbackMs: number,
  take: InstantTake,
): Series {
  if (histograms === undefined && take === "samples") {
    takeFloats(series, timestampsMs, values, reference, grid, lookbackMs);
    return series;
  }
  const isStale = staleTest(values);
  let next = 0;
  for (let step = 0; step < grid.count; step++) {
    const timeMs = referenceTime(reference, grid, step);
    while (next < timestampsMs.length && (timestampsMs[next] ?? 0) <= timeMs) next++;
    const newest = next - 1;
    const sampledMs = timestampsMs[newest];
    if (sampledMs === undefined || sampledMs <= timeMs - lookbackMs) continue;
    const histogram = histograms?.[newest];
    if (histogram === undefined && isStale(newest)) continue;
    if (take === "samples") series.set(step, histogram ?? values[newest] ?? NaN);
    else if (take === "times") series.setFloat(step, sampledMs / 1000);
    else if (starts !== undefined) series.setFloat(step, (starts[newest] ?? 0) / 1000);
  }
  return series;
}

/** The same for floats alone, which most samples are: this runs for every point of many an answer. */
function takeFloats(
  { values: out, present }: Series,
  times: Float64Array,
  values: Float64Array,
  { fixedMs, offsetMs }: Reference,
  { startMs, stepMs, count }: Grid,
  lookbackMs: number,
): void {
  const isStale = staleTest(values);
  let next = 0;
  for (let step = 0; step < count; step++) {
    const timeMs = (fixedMs ?? startMs + step * stepMs) - offsetMs;
    while (next < times.length && times[next]! <= timeMs) next++;
    if (next === 0 || times[next - 1]! <= timeMs - lookbackMs || isStale(next - 1)) continue;
    out[step] = values[next - 1]!;
    present[step] = 1;
  }
}
