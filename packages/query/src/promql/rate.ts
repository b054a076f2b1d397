import { anyBetween, placeAfter } from "./counter-resets.ts";
import { combine, isReset, scale } from "./histogram-math.ts";
import { usesCustomBuckets } from "./histogram-buckets.ts";
import { extendedRate } from "./extended-rate.ts";
import { extrapolationFactor } from "./extrapolation.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { combineIn, incompatible, mixed, type RateKind } from "./rate-remarks.ts";
import type { RangeWindow } from "./range-window.ts";
import type { Sample } from "./series.ts";
import {
  knownZero,
  knownZeroOfFloats,
  sampleTimes,
  type SampleTimes,
  startsAnew,
  warnOfOverlap,
  warnOfOverlapping,
} from "./start-times.ts";

/** How much the first and last samples differ, extrapolated to the window's ends where samples come close to them. */
export function extrapolatedRate(window: RangeWindow, kind: RateKind): Sample | undefined {
  if (window.extension !== undefined) return extendedRate(window, kind);
  if (window.floatCount > 0 && window.histogramCount > 0) return mixed(window);
  if (window.histogramCount > 0) return histogramRate(window, kind);
  return window.floatCount === 0 ? undefined : floatRate(window, kind);
}

function floatRate(window: RangeWindow, kind: RateKind): number | undefined {
  const { floats, firstFloat, endFloat } = window;
  const zeroMs = kind.isCounter ? knownZeroOfFloats(window) : undefined;
  const count = endFloat - firstFloat;
  if (count < 2 && zeroMs === undefined) return undefined;
  const first = floats[firstFloat] ?? NaN;
  let difference = (floats[endFloat - 1] ?? NaN) - first;
  if (kind.isCounter) {
    const { at, overlapping } = window.counterResets;
    if (at.length > 0) difference += fallsOf(floats, at, firstFloat, endFloat);
    if (overlapping.length > 0 && anyBetween(overlapping, firstFloat, endFloat)) warnOfOverlapping(window);
  }
  if (zeroMs !== undefined) difference += first;
  const firstMs = window.floatTimeAt(firstFloat);
  const lastMs = window.floatTimeAt(endFloat - 1);
  return difference * extrapolation(window, kind, firstMs, lastMs, count, first, difference, zeroMs);
}

/** The sum of the values from which a counter fell back between two samples of a window. */
function fallsOf(floats: Float64Array, resets: readonly number[], first: number, end: number): number {
  let falls = 0;
  for (let place = placeAfter(resets, first); place < resets.length && resets[place]! < end; place++)
    falls += floats[resets[place]! - 1] ?? NaN;
  return falls;
}

/** The factor from the difference of the samples to the rate or increase. */
function extrapolation(
  { rangeStartMs, rangeEndMs, rangeMs }: RangeWindow,
  kind: RateKind,
  firstMs: number,
  lastMs: number,
  count: number,
  first: number,
  difference: number,
  zeroMs: number | undefined,
): number {
  const factor = extrapolationFactor(kind, rangeStartMs, rangeEndMs, firstMs, lastMs, count, first, difference, zeroMs);
  return kind.perSecond ? factor / (rangeMs / 1000) : factor;
}

function histogramRate(window: RangeWindow, kind: RateKind): NativeHistogram | undefined {
  const { histograms } = window;
  const [first] = histograms;
  const times = kind.isCounter ? sampleTimes(window, "histograms") : undefined;
  const zeroMs = knownZero(window, times);
  if (first === undefined || (histograms.length < 2 && zeroMs === undefined)) return undefined;
  let difference = histograms.length < 2 ? emptyLike(first) : histogramDifference(window, histograms, kind, times);
  if (zeroMs !== undefined) difference = difference && combineIn(window, difference, first, 1);
  if (difference === undefined) return undefined;
  const firstMs = window.histogramTimeAt(window.firstHistogram);
  const lastMs = window.histogramTimeAt(window.endHistogram - 1);
  const factor = extrapolation(window, kind, firstMs, lastMs, histograms.length, first.count, difference.count, zeroMs);
  return scale(difference, factor);
}

function histogramDifference(
  window: RangeWindow,
  histograms: readonly NativeHistogram[],
  { isCounter }: RateKind,
  times: readonly SampleTimes[] | undefined,
): NativeHistogram | undefined {
  const [first, second] = histograms;
  const last = histograms.at(-1);
  if (first === undefined || second === undefined || last === undefined) return undefined;
  warnOfKind(window, histograms, isCounter);
  warnOfOverlap(window, times);
  const beginsAnew = startsAnew(times?.[0], times?.[1]) || isReset(second, first);
  const start = isCounter && beginsAnew ? emptyLike(second) : first;
  const relevant = [start, ...(isCounter ? histograms.slice(1) : [last])];
  if (relevant.some((one) => usesCustomBuckets(one) !== usesCustomBuckets(last))) return incompatible(window);
  let difference = combineIn(window, last, start, -1);
  if (!isCounter || difference === undefined) return difference && { ...difference, counterReset: "gauge" };
  let previous = start;
  for (const [i, current] of histograms.entries()) {
    if (i === 0) continue;
    const wasReset = startsAnew(times?.[i - 1], times?.[i]) || isReset(current, previous);
    if (wasReset) difference = combineIn(window, difference, previous, 1);
    if (difference === undefined) return undefined;
    previous = current;
  }
  return { ...withCoarsest(difference, relevant), counterReset: "gauge" };
}

function withCoarsest(difference: NativeHistogram, relevant: readonly NativeHistogram[]): NativeHistogram {
  const coarsest = relevant.reduce((a, b) => (b.schema < a.schema ? b : a));
  return combine(difference, emptyLike(coarsest), 1)?.histogram ?? difference;
}

function warnOfKind(
  { annotations, labels, position }: RangeWindow,
  histograms: readonly NativeHistogram[],
  isCounter: boolean,
): void {
  const name = JSON.stringify(labels.metricName);
  const isGauge = (one: NativeHistogram | undefined): boolean => one?.counterReset === "gauge";
  if (isCounter && histograms.some(isGauge)) {
    annotations.warn(`this native histogram metric is not a counter: ${name}`, position);
  }
  if (!isCounter && !(isGauge(histograms[0]) && isGauge(histograms.at(-1)))) {
    annotations.warn(`this native histogram metric is not a gauge: ${name}`, position);
  }
}

function emptyLike(histogram: NativeHistogram): NativeHistogram {
  const empty = { offset: 0, counts: new Float64Array(0) };
  const zeroThreshold = 0;
  return { ...histogram, count: 0, sum: 0, zeroThreshold, zeroCount: 0, positive: empty, negative: empty };
}

/** `irate` and `idelta`: the difference of the last two samples. */
export function instantRate(window: RangeWindow, isRate: boolean): Sample | undefined {
  const samples = lastTwo(window);
  const [first, second] = samples;
  if (first === undefined || second === undefined || first.timeMs === second.timeMs) return undefined;
  const seconds = (second.timeMs - first.timeMs) / 1000;
  if (typeof first.sample === "number" && typeof second.sample === "number") {
    const wasReset = isRate && (second.sample < first.sample || startsAnew(first, second));
    const difference = wasReset ? second.sample : second.sample - first.sample;
    return isRate ? difference / seconds : difference;
  }
  if (typeof first.sample === "number" || typeof second.sample === "number") return mixed(window);
  warnOfKind(window, [first.sample, second.sample], isRate);
  const wasReset = isRate && (startsAnew(first, second) || isReset(second.sample, first.sample));
  const difference = wasReset ? second.sample : combineIn(window, second.sample, first.sample, -1);
  if (difference === undefined) return undefined;
  return { ...(isRate ? scale(difference, 1 / seconds) : difference), counterReset: "gauge" };
}

function lastTwo(window: RangeWindow): (SampleTimes & { readonly sample: Sample })[] {
  const { floatStarts, histogramStarts, histograms } = window.columns;
  const samples: (SampleTimes & { readonly sample: Sample })[] = [];
  for (let i = Math.max(window.firstFloat, window.endFloat - 2); i < window.endFloat; i++) {
    samples.push({ timeMs: window.floatTimeAt(i), startMs: floatStarts?.[i] ?? 0, sample: window.floatAt(i) });
  }
  for (let i = Math.max(window.firstHistogram, window.endHistogram - 2); i < window.endHistogram; i++) {
    const sample = histograms[i];
    const startMs = histogramStarts?.[i] ?? 0;
    if (sample !== undefined) samples.push({ timeMs: window.histogramTimeAt(i), startMs, sample });
  }
  return samples.sort((a, b) => a.timeMs - b.timeMs).slice(-2);
}
