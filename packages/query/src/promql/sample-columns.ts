import type { Labels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import type { SeriesSamples } from "./querier.ts";
import type { Series } from "./series.ts";
import { type Grid, timeOf } from "./grid.ts";
import { staleTest } from "./stale-marker.ts";

/** A series' samples without stale markers, floats and histograms apart, as functions over ranges see them. */
export interface SampleColumns {
  readonly labels: Labels;
  readonly dropName: boolean;
  readonly floatTimes: Float64Array;
  readonly floats: Float64Array;
  readonly histogramTimes: Float64Array;
  readonly histograms: readonly NativeHistogram[];
  /** When the counting of each began, 0 where unknown; absent where it is unknown of all. */
  readonly floatStarts: Float64Array | undefined;
  readonly histogramStarts: Float64Array | undefined;
  /** How many samples each float is the mean of; absent where each is one. */
  readonly floatSampleCounts: Float64Array | undefined;
}

export function columnsOfSamples({
  labels,
  timestampsMs,
  values,
  histograms,
  startTimestampsMs: starts,
  sampleCounts,
}: SeriesSamples): SampleColumns {
  const isStale = staleTest(values);
  if (histograms === undefined && !hasStale(isStale, values.length)) {
    const none = { histogramTimes: NO_TIMES, histograms: [], histogramStarts: undefined };
    const floats = { floatTimes: timestampsMs, floats: values, floatStarts: starts, floatSampleCounts: sampleCounts };
    return { labels, dropName: false, ...floats, ...none };
  }
  const columns = new ColumnsBuilder(timestampsMs.length);
  for (let i = 0; i < timestampsMs.length; i++) {
    const histogram = histograms?.[i];
    if (histogram !== undefined) columns.addHistogram(timestampsMs[i] ?? 0, histogram, starts?.[i]);
    else if (!isStale(i)) columns.addFloat(timestampsMs[i] ?? 0, values[i] ?? NaN, starts?.[i], sampleCounts?.[i]);
  }
  return columns.build(labels, false, starts !== undefined, sampleCounts !== undefined);
}

const NO_TIMES = new Float64Array(0);

function hasStale(isStale: (index: number) => boolean, length: number): boolean {
  for (let i = 0; i < length; i++) if (isStale(i)) return true;
  return false;
}

/**
 * The points of an evaluated series (a subquery's inside) as samples. What they say of counter resets holds
 * between the store's samples, of which a subquery may skip some and see others twice.
 */
export function columnsOfSeries(series: Series, grid: Grid): SampleColumns {
  const columns = new ColumnsBuilder(grid.count);
  for (let step = 0; step < grid.count; step++) {
    const sample = series.at(step);
    if (typeof sample === "number") columns.addFloat(timeOf(grid, step), sample);
    else if (sample !== undefined) columns.addHistogram(timeOf(grid, step), withoutResetHint(sample));
  }
  return columns.build(series.labels, series.dropName, false, false);
}

function withoutResetHint(histogram: NativeHistogram): NativeHistogram {
  return histogram.counterReset === "gauge" ? histogram : { ...histogram, counterReset: "unknown" };
}

class ColumnsBuilder {
  readonly #floatTimes: Float64Array;
  readonly #floats: Float64Array;
  #floatCount = 0;
  readonly #histogramTimes: number[] = [];
  readonly #histograms: NativeHistogram[] = [];
  readonly #floatStarts: number[] = [];
  readonly #histogramStarts: number[] = [];
  readonly #floatSampleCounts: number[] = [];

  constructor(capacity: number) {
    this.#floatTimes = new Float64Array(capacity);
    this.#floats = new Float64Array(capacity);
  }

  addFloat(timeMs: number, value: number, startMs?: number, samples?: number): void {
    if (samples !== undefined) this.#floatSampleCounts.push(samples);
    if (startMs !== undefined) this.#floatStarts.push(startMs);
    this.#floatTimes[this.#floatCount] = timeMs;
    this.#floats[this.#floatCount++] = value;
  }

  addHistogram(timeMs: number, histogram: NativeHistogram, startMs?: number): void {
    if (startMs !== undefined) this.#histogramStarts.push(startMs);
    this.#histogramTimes.push(timeMs);
    this.#histograms.push(histogram);
  }

  build(labels: Labels, dropName: boolean, hasStarts: boolean, hasSampleCounts: boolean): SampleColumns {
    return {
      labels,
      dropName,
      floatTimes: this.#floatTimes.subarray(0, this.#floatCount),
      floats: this.#floats.subarray(0, this.#floatCount),
      histogramTimes: Float64Array.from(this.#histogramTimes),
      histograms: this.#histograms,
      floatSampleCounts: hasSampleCounts ? Float64Array.from(this.#floatSampleCounts) : undefined,
      floatStarts: hasStarts ? Float64Array.from(this.#floatStarts) : undefined,
      histogramStarts: hasStarts ? Float64Array.from(this.#histogramStarts) : undefined,
    };
  }
}
