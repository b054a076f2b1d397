import { combine, isReset, scale } from "./histogram-math.ts";
import { usesCustomBuckets } from "./histogram-buckets.ts";
import { extendedRate } from "./extended-rate.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { combineIn, incompatible, mixed, type RateKind } from "./rate-remarks.ts";
import type { RangeWindow } from "./range-window.ts";
import type { Sample } from "./series.ts";

/** How much the first and last samples differ, extrapolated to the window's ends where samples come close to them. */
export function extrapolatedRate(window: RangeWindow, kind: RateKind): Sample | undefined {
  if (window.extension !== undefined) return extendedRate(window, kind);
  if (window.floatCount > 0 && window.histogramCount > 0) return mixed(window);
  if (window.histogramCount > 0) return histogramRate(window, kind);
  if (window.floatCount < 2) return undefined;
  const { floats, firstFloat, endFloat } = window;
  const first = floats[firstFloat] ?? NaN;
  let difference = (floats[endFloat - 1] ?? NaN) - first;
  if (kind.isCounter) difference += fallsOf(floats, firstFloat, endFloat);
  const firstMs = window.floatTimeAt(firstFloat);
  const lastMs = window.floatTimeAt(endFloat - 1);
  const count = window.floatCount;
  return difference * extrapolation(window, kind, { firstMs, lastMs, count, first, difference });
}

/** The sum of the values from which a counter fell back. */
function fallsOf(floats: Float64Array, first: number, end: number): number {
  let falls = 0;
  for (let i = first + 1; i < end; i++) {
    const previous = floats[i - 1] ?? NaN;
    if ((floats[i] ?? NaN) < previous) falls += previous;
  }
  return falls;
}

/**
 * The factor from the sampled interval to the window. A gap to the window's end is bridged if it is at most
 * 1.1 average intervals; otherwise the series is taken to end half an interval past its last sample. A counter
 * is not extended past the time at which it would have been zero.
 */
function extrapolation(
  { rangeStartMs, rangeEndMs, rangeMs }: RangeWindow,
  { isCounter, perSecond }: RateKind,
  {
    firstMs,
    lastMs,
    count,
    first,
    difference,
  }: Readonly<Record<"firstMs" | "lastMs" | "count" | "first" | "difference", number>>,
): number {
  const sampled = (lastMs - firstMs) / 1000;
  const interval = sampled / (count - 1);
  const threshold = interval * 1.1;
  let toStart = (firstMs - rangeStartMs) / 1000;
  let toEnd = (rangeEndMs - lastMs) / 1000;
  if (toStart >= threshold) toStart = interval / 2;
  if (isCounter && difference > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / difference));
  if (toEnd >= threshold) toEnd = interval / 2;
  const factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  return perSecond ? factor / (rangeMs / 1000) : factor;
}

function histogramRate(window: RangeWindow, kind: RateKind): NativeHistogram | undefined {
  const { histograms } = window;
  const difference = histogramDifference(window, histograms, kind);
  const [first] = histograms;
  if (difference === undefined || first === undefined) return undefined;
  const firstMs = window.histogramTimeAt(window.firstHistogram);
  const lastMs = window.histogramTimeAt(window.endHistogram - 1);
  const count = histograms.length;
  const times = { firstMs, lastMs, count, first: first.count, difference: difference.count };
  return scale(difference, extrapolation(window, kind, times));
}

function histogramDifference(
  window: RangeWindow,
  histograms: readonly NativeHistogram[],
  { isCounter }: RateKind,
): NativeHistogram | undefined {
  const [first, second] = histograms;
  const last = histograms.at(-1);
  if (first === undefined || second === undefined || last === undefined) return undefined;
  warnOfKind(window, histograms, isCounter);
  const start = isCounter && isReset(second, first) ? emptyLike(second) : first;
  const relevant = [start, ...(isCounter ? histograms.slice(1) : [last])];
  if (relevant.some((one) => usesCustomBuckets(one) !== usesCustomBuckets(last))) return incompatible(window);
  let difference = combineIn(window, last, start, -1);
  if (!isCounter || difference === undefined) return difference && { ...difference, counterReset: "gauge" };
  let previous = start;
  for (const current of histograms.slice(1)) {
    if (isReset(current, previous)) difference = combineIn(window, difference, previous, 1);
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
    const wasReset = isRate && second.sample < first.sample;
    const difference = wasReset ? second.sample : second.sample - first.sample;
    return isRate ? difference / seconds : difference;
  }
  if (typeof first.sample === "number" || typeof second.sample === "number") return mixed(window);
  warnOfKind(window, [first.sample, second.sample], isRate);
  const wasReset = isRate && isReset(second.sample, first.sample);
  const difference = wasReset ? second.sample : combineIn(window, second.sample, first.sample, -1);
  if (difference === undefined) return undefined;
  return { ...(isRate ? scale(difference, 1 / seconds) : difference), counterReset: "gauge" };
}

function lastTwo(window: RangeWindow): { timeMs: number; sample: Sample }[] {
  const samples: { timeMs: number; sample: Sample }[] = [];
  for (let i = Math.max(window.firstFloat, window.endFloat - 2); i < window.endFloat; i++) {
    samples.push({ timeMs: window.floatTimeAt(i), sample: window.floatAt(i) });
  }
  for (let i = Math.max(window.firstHistogram, window.endHistogram - 2); i < window.endHistogram; i++) {
    const sample = window.columns.histograms[i];
    if (sample !== undefined) samples.push({ timeMs: window.histogramTimeAt(i), sample });
  }
  return samples.sort((a, b) => a.timeMs - b.timeMs).slice(-2);
}
