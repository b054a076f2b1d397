import type { Grid } from "./grid.ts";
import type { SeriesSamples } from "./querier.ts";
import { Series } from "./series.ts";
import { staleTest } from "./stale-marker.ts";
import { type Reference, referenceTime } from "./timing.ts";

/**
 * What an instant selector sees: at each time the newest sample that is not older than the lookback
 * and is no stale marker. With `takeTimes` the points are the samples' times in seconds instead.
 */
export function evaluateInstantSelector(
  samples: readonly SeriesSamples[],
  reference: Reference,
  grid: Grid,
  lookbackMs: number,
  takeTimes = false,
): readonly Series[] {
  return samples
    .map((one) => lookBack(one, reference, grid, lookbackMs, takeTimes))
    .filter((series) => !series.isEmpty);
}

function lookBack(
  { labels, timestampsMs, values, histograms }: SeriesSamples,
  reference: Reference,
  grid: Grid,
  lookbackMs: number,
  takeTimes: boolean,
): Series {
  const series = new Series(labels, grid.count, takeTimes);
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
    series.set(step, takeTimes ? sampledMs / 1000 : (histogram ?? values[newest] ?? NaN));
  }
  return series;
}

/** What a `smoothed` instant selector sees: the value on the line between the samples before and after. */
export function evaluateSmoothedSelector(
  samples: readonly SeriesSamples[],
  reference: Reference,
  grid: Grid,
  lookbackMs: number,
): readonly Series[] {
  return samples.map((one) => smooth(one, reference, grid, lookbackMs)).filter((series) => !series.isEmpty);
}

function smooth(
  { labels, timestampsMs, values }: SeriesSamples,
  reference: Reference,
  grid: Grid,
  lookbackMs: number,
): Series {
  const series = new Series(labels, grid.count);
  const isStale = staleTest(values);
  for (let step = 0; step < grid.count; step++) {
    const timeMs = referenceTime(reference, grid, step);
    const after = timestampsMs.findIndex((t, i) => t >= timeMs && t <= timeMs + lookbackMs && !isStale(i));
    const before = timestampsMs.findLastIndex((t, i) => t <= timeMs && t > timeMs - lookbackMs && !isStale(i));
    if (before < 0) {
      if (after >= 0) series.setFloat(step, values[after] ?? NaN);
      continue;
    }
    const [t1 = 0, y1 = NaN] = [timestampsMs[before], values[before]];
    const [t2 = 0, y2 = NaN] = after < 0 ? [t1, y1] : [timestampsMs[after], values[after]];
    series.setFloat(step, t1 === t2 ? y1 : y1 + ((y2 - y1) * (timeMs - t1)) / (t2 - t1));
  }
  return series;
}
