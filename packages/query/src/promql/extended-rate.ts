import { isReset, scale } from "./histogram-math.ts";
import { usesCustomBuckets } from "./histogram-buckets.ts";
import { interpolatedHistogram } from "./interpolate-histograms.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import type { RangeWindow } from "./range-window.ts";
import { combineIn, incompatible, mixed, type RateKind } from "./rate-remarks.ts";
import type { Sample } from "./series.ts";

/** `anchored` and `smoothed`: exact at the window's ends instead of extrapolated. The window reaches beyond them. */
export function extendedRate(window: RangeWindow, { isCounter, perSecond }: RateKind): Sample | undefined {
  if (window.floatCount > 0 && window.histogramCount > 0) return mixed(window);
  if (window.histogramCount > 0) return extendedHistogramRate(window, { isCounter, perSecond });
  if (window.floatCount === 0) return undefined;
  const smoothed = window.extension === "smoothed";
  const { rangeStartMs, rangeEndMs } = window;
  let first = window.firstFloat;
  while (first + 1 < window.endFloat && window.floatTimeAt(first + 1) <= rangeStartMs) first++;
  let last = window.endFloat - 1;
  if (smoothed) {
    last = window.firstFloat;
    while (last < window.endFloat - 1 && window.floatTimeAt(last) < rangeEndMs) last++;
  }
  if (window.floatTimeAt(last) <= rangeStartMs) return undefined;
  if (smoothed && window.floatTimeAt(first) > rangeEndMs) return undefined;
  const between = (i: number, timeMs: number): number => interpolated(window, i, timeMs, isCounter);
  const left =
    smoothed && window.floatTimeAt(first) < rangeStartMs ? between(first, rangeStartMs) : window.floatAt(first);
  const crosses = smoothed && last > window.firstFloat && window.floatTimeAt(last) > rangeEndMs;
  const right = crosses ? between(last - 1, rangeEndMs) : window.floatAt(last);
  let difference = right - left;
  if (isCounter) {
    let previous = left;
    for (let i = first; i <= last; i++) {
      if (window.floatTimeAt(i) <= rangeStartMs || window.floatTimeAt(i) >= rangeEndMs) continue;
      if (window.floatAt(i) < previous) difference += previous;
      previous = window.floatAt(i);
    }
    if (right < previous) difference += previous;
  }
  return perSecond ? difference / (window.rangeMs / 1000) : difference;
}

/** The value at a time on the line from sample `i` to the next; a counter that fell starts again from zero. */
function interpolated(window: RangeWindow, i: number, timeMs: number, isCounter: boolean): number {
  const [t1, t2] = [window.floatTimeAt(i), window.floatTimeAt(i + 1)];
  const y2 = window.floatAt(i + 1);
  const y1 = isCounter && y2 < window.floatAt(i) ? 0 : window.floatAt(i);
  return y1 + ((y2 - y1) * (timeMs - t1)) / (t2 - t1);
}

function extendedHistogramRate(window: RangeWindow, { isCounter, perSecond }: RateKind): NativeHistogram | undefined {
  const bounds = boundarySamples(window);
  if (bounds === undefined) return undefined;
  const { first, last } = bounds;
  const all = window.columns.histograms.slice(first, last + 1);
  if (!fitTogether(window, all, isCounter)) return undefined;
  const left = valueAtStart(window, first, isCounter);
  const right = valueAtEnd(window, last, isCounter);
  if (left === undefined || right === undefined) return undefined;
  if (!isCounter && (left.counterReset !== "gauge" || right.counterReset !== "gauge")) {
    const name = JSON.stringify(window.labels.metricName);
    window.annotations.warn(`this native histogram metric is not a gauge: ${name}`, window.position);
  }
  let difference = combineIn(window, right, left, -1);
  if (isCounter) {
    for (const fallen of fallenBetween(window, first, last, left, right)) {
      difference = difference && combineIn(window, difference, fallen, 1);
    }
  }
  if (difference === undefined) return undefined;
  return { ...scale(difference, perSecond ? 1000 / window.rangeMs : 1), counterReset: "gauge" };
}

/** The samples at the window's ends: the last at or before its start, and the last in it or the first beyond it. */
function boundarySamples(window: RangeWindow): { first: number; last: number } | undefined {
  const { rangeStartMs, rangeEndMs, firstHistogram, endHistogram } = window;
  const smoothed = window.extension === "smoothed";
  let first = firstHistogram;
  while (first + 1 < endHistogram && window.histogramTimeAt(first + 1) <= rangeStartMs) first++;
  let last = endHistogram - 1;
  if (smoothed) {
    last = firstHistogram;
    while (last < endHistogram - 1 && window.histogramTimeAt(last) < rangeEndMs) last++;
  }
  if (window.histogramTimeAt(last) <= rangeStartMs) return undefined;
  return smoothed && window.histogramTimeAt(first) > rangeEndMs ? undefined : { first, last };
}

function fitTogether(window: RangeWindow, all: readonly NativeHistogram[], isCounter: boolean): boolean {
  const [first] = all;
  if (first !== undefined && all.some((one) => usesCustomBuckets(one) !== usesCustomBuckets(first))) {
    incompatible(window);
    return false;
  }
  if (isCounter && all.some(({ counterReset }) => counterReset === "gauge")) {
    const name = JSON.stringify(window.labels.metricName);
    window.annotations.warn(`this native histogram metric is not a counter: ${name}`, window.position);
  }
  return true;
}

function valueAtStart(window: RangeWindow, first: number, isCounter: boolean): NativeHistogram | undefined {
  const isBefore = window.extension === "smoothed" && window.histogramTimeAt(first) < window.rangeStartMs;
  return isBefore ? between(window, first, window.rangeStartMs, isCounter) : window.columns.histograms[first];
}

function valueAtEnd(window: RangeWindow, last: number, isCounter: boolean): NativeHistogram | undefined {
  const isAfter =
    window.extension === "smoothed" && last > window.firstHistogram && window.histogramTimeAt(last) > window.rangeEndMs;
  return isAfter ? between(window, last - 1, window.rangeEndMs, isCounter) : window.columns.histograms[last];
}

function between(window: RangeWindow, i: number, timeMs: number, isCounter: boolean): NativeHistogram | undefined {
  const [a, b] = [window.columns.histograms[i], window.columns.histograms[i + 1]];
  if (a === undefined || b === undefined) return undefined;
  const times = { startMs: window.histogramTimeAt(i), endMs: window.histogramTimeAt(i + 1), timeMs };
  return interpolatedHistogram(window, a, b, times, isCounter);
}

/** The histograms from which a counter fell back between the window's ends. */
function fallenBetween(
  window: RangeWindow,
  first: number,
  last: number,
  left: NativeHistogram,
  right: NativeHistogram,
): readonly NativeHistogram[] {
  const { histograms } = window.columns;
  let next = first + 1;
  let previous = left;
  const [a, b] = [histograms[first], histograms[next]];
  const startsBefore = window.extension === "smoothed" && window.histogramTimeAt(first) < window.rangeStartMs;
  if (startsBefore && a !== undefined && b !== undefined && isReset(b, a)) {
    // The value at the start was taken from a line that begins at zero: this fall is accounted for.
    previous = b;
    next++;
  }
  if (next > last) return [];
  const fallen: NativeHistogram[] = [];
  for (const current of histograms.slice(next, last)) {
    if (isReset(current, previous)) fallen.push(previous);
    previous = current;
  }
  if (isReset(right, previous)) fallen.push(previous);
  return fallen;
}
