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
