import { KahanMean, KahanSum } from "./kahan-sum.ts";
import { equalHistograms, isReset } from "./histogram-math.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { quantileIsValid, quantileOf } from "./quantile.ts";
import { queryError } from "./query-error.ts";
import type { RangeWindow } from "./range-window.ts";
import { extrapolatedRate, instantRate } from "./rate.ts";
import { incompatible, type RateKind } from "./rate-remarks.ts";
import type { Sample } from "./series.ts";
import { type SampleTimes, startsAnew } from "./start-times.ts";
import { totalOfHistograms } from "./sum-histograms.ts";
import { goFloatText } from "./go-number.ts";
import { goGeneralText } from "./go-float.ts";

/** Makes one point of one window. `parameters` are the scalar arguments, in order, at the window's step. */
type RangeFunction = (window: RangeWindow, parameters: readonly number[]) => Sample | undefined;

/** The functions that keep the metric's name, since their values are its own. */
export const NAME_KEEPING: ReadonlySet<string> = new Set(["first_over_time", "last_over_time"]);

/** The functions that extrapolate the difference of a window's samples. */
export const RATE_KINDS: ReadonlyMap<string, RateKind> = new Map([
  ["rate", { isCounter: true, perSecond: true }],
  ["increase", { isCounter: true, perSecond: false }],
  ["delta", { isCounter: false, perSecond: false }],
]);

/** The functions over ranges, by name. */
export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ...Array.from(RATE_KINDS, ([name, kind]): [string, RangeFunction] => [
    name,
    (window) => extrapolatedRate(window, kind),
  ]),
  ["irate", (window) => instantRate(window, true)],
  ["idelta", (window) => instantRate(window, false)],
  ["count_over_time", (window) => orAbsent(countOfFloats(window) + window.histogramCount)],
  ["present_over_time", (window) => (window.floatCount + window.histogramCount > 0 ? 1 : undefined)],
  [
    "sum_over_time",
    (window) => ofOneKind(window, sumOfFloats, (histograms) => totalInWindow(window, histograms, false)),
  ],
  [
    "avg_over_time",
    (window) => ofOneKind(window, meanOfFloats, (histograms) => totalInWindow(window, histograms, true)),
  ],
  ["min_over_time", floatsOnly((window) => window.floatAt(extremeIndex(window, (a, b) => a < b)))],
  ["max_over_time", floatsOnly((window) => window.floatAt(extremeIndex(window, (a, b) => a > b)))],
  ["ts_of_min_over_time", floatsOnly((window) => window.floatTimeAt(extremeIndex(window, (a, b) => a <= b)) / 1000)],
  ["ts_of_max_over_time", floatsOnly((window) => window.floatTimeAt(extremeIndex(window, (a, b) => a >= b)) / 1000)],
  ["stdvar_over_time", floatsOnly(variance)],
  ["stddev_over_time", floatsOnly((window) => Math.sqrt(variance(window)))],
  ["mad_over_time", floatsOnly(medianDeviation)],
  ["quantile_over_time", floatsOnly((window, [q = NaN]) => quantileOverTime(window, q))],
  ["first_over_time", (window) => edgeSample(window, true)?.sample],
  ["last_over_time", (window) => edgeSample(window, false)?.sample],
  ["ts_of_first_over_time", (window) => seconds(edgeSample(window, true))],
  ["ts_of_last_over_time", (window) => seconds(edgeSample(window, false))],
  ["resets", (window) => countBetween(window, wasReset)],
  ["changes", (window) => countBetween(window, hasChanged)],
  ["deriv", twoFloats((window) => regression(window, window.floatTimeAt(window.firstFloat)).slope)],
  ["predict_linear", twoFloats(predict)],
  ["double_exponential_smoothing", doubleExponentialSmoothing],
]);

function orAbsent(count: number): number | undefined {
  return count === 0 ? undefined : count;
}

function seconds(edge: { timeMs: number } | undefined): number | undefined {
  return edge && edge.timeMs / 1000;
}

function floatsOnly(compute: (window: RangeWindow, parameters: readonly number[]) => number): RangeFunction {
  return (window, parameters) => {
    if (window.floatCount === 0) return undefined;
    noteIgnoredHistograms(window);
    return compute(window, parameters);
  };
}

function twoFloats(compute: (window: RangeWindow, parameters: readonly number[]) => number): RangeFunction {
  return (window, parameters) => {
    if (window.floatCount > 0) noteIgnoredHistograms(window);
    return window.floatCount < 2 ? undefined : compute(window, parameters);
  };
}

function noteIgnoredHistograms({ histogramCount, annotations, labels, position }: RangeWindow): void {
  if (histogramCount === 0) return;
  const ignored = "ignored histograms in a range containing both floats and histograms";
  annotations.info(`${ignored} for metric name ${JSON.stringify(labels.metricName)}`, position);
}

function ofOneKind(
  window: RangeWindow,
  ofFloats: (window: RangeWindow) => number,
  ofHistograms: (histograms: readonly NativeHistogram[]) => NativeHistogram | undefined,
): Sample | undefined {
  if (window.floatCount > 0 && window.histogramCount > 0) {
    const { annotations, labels, position } = window;
    const name = JSON.stringify(labels.metricName);
    annotations.warn(`encountered a mix of histograms and floats for metric name ${name}`, position);
    return undefined;
  }
  if (window.floatCount > 0) return ofFloats(window);
  return window.histogramCount > 0 ? ofHistograms(window.histograms) : undefined;
}

function countOfFloats({ columns: { floatSampleCounts: counts }, firstFloat, endFloat }: RangeWindow): number {
  if (counts === undefined) return endFloat - firstFloat;
  const sum = new KahanSum();
  for (let i = firstFloat; i < endFloat; i++) sum.add(counts[i] ?? 1);
  return sum.total;
}

function sumOfFloats({ floats, columns: { floatSampleCounts: counts }, firstFloat, endFloat }: RangeWindow): number {
  const sum = new KahanSum();
  for (let i = firstFloat; i < endFloat; i++) sum.add((floats[i] ?? NaN) * (counts?.[i] ?? 1));
  return sum.total;
}

function meanOfFloats(window: RangeWindow): number {
  if (window.columns.floatSampleCounts !== undefined) return sumOfFloats(window) / countOfFloats(window);
  const { floats, firstFloat, endFloat } = window;
  const mean = new KahanMean();
  for (let i = firstFloat; i < endFloat; i++) mean.add(floats[i] ?? NaN);
  return mean.mean;
}

function totalInWindow(
  window: RangeWindow,
  histograms: readonly NativeHistogram[],
  isMean: boolean,
): NativeHistogram | undefined {
  const total = totalOfHistograms(histograms, isMean);
  if (total === undefined || "incompatibleAt" in total) return incompatible(window);
  const { annotations, position } = window;
  if (total.resetCollision) annotations.warn("conflicting counter resets during histogram aggregation", position);
  if (total.boundsReconciled) {
    annotations.info("mismatched custom buckets were reconciled during aggregation", position);
  }
  return total.histogram;
}

function extremeIndex(window: RangeWindow, isBetter: (candidate: number, best: number) => boolean): number {
  let best = window.firstFloat;
  for (let i = window.firstFloat; i < window.endFloat; i++) {
    if (isBetter(window.floatAt(i), window.floatAt(best)) || Number.isNaN(window.floatAt(best))) best = i;
  }
  return best;
}

/** Welford's method, each running value with Kahan compensation. */
function variance(window: RangeWindow): number {
  const mean = new KahanSum();
  const squares = new KahanSum();
  let count = 0;
  for (let i = window.firstFloat; i < window.endFloat; i++) {
    count++;
    const value = window.floatAt(i);
    const delta = value - (mean.sum + mean.compensation);
    mean.add(delta / count);
    squares.add(delta * (value - (mean.sum + mean.compensation)));
  }
  return (squares.sum + squares.compensation) / count;
}

function medianDeviation(window: RangeWindow): number {
  const values = window.floats.slice(window.firstFloat, window.endFloat);
  if (values.some(Number.isNaN)) return NaN;
  const median = quantileOf(0.5, values);
  return quantileOf(
    0.5,
    values.map((value) => Math.abs(value - median)),
  );
}

function quantileOverTime(window: RangeWindow, q: number): number {
  if (!quantileIsValid(q)) {
    window.annotations.warn(`quantile value should be between 0 and 1, got ${goGeneralText(q)}`, window.position);
  }
  return quantileOf(q, window.floats.slice(window.firstFloat, window.endFloat));
}

function edgeSample(window: RangeWindow, isFirst: boolean): { timeMs: number; sample: Sample } | undefined {
  const float = isFirst ? window.firstFloat : window.endFloat - 1;
  const histogram = isFirst ? window.firstHistogram : window.endHistogram - 1;
  const floatMs = window.floatCount > 0 ? window.floatTimeAt(float) : undefined;
  const histogramMs = window.histogramCount > 0 ? window.histogramTimeAt(histogram) : undefined;
  const sample = window.columns.histograms[histogram];
  if (histogramMs === undefined || sample === undefined) {
    return floatMs === undefined ? undefined : { timeMs: floatMs, sample: window.floatAt(float) };
  }
  const floatWins = floatMs !== undefined && (isFirst ? floatMs < histogramMs : floatMs > histogramMs);
  return floatWins ? { timeMs: floatMs, sample: window.floatAt(float) } : { timeMs: histogramMs, sample };
}

interface TimedSample extends SampleTimes {
  readonly sample: Sample;
}

/** How many neighbouring samples, floats and histograms in order of time, meet a condition. */
function countBetween(
  window: RangeWindow,
  condition: (previous: TimedSample, current: TimedSample) => boolean,
): number | undefined {
  const samples = samplesOf(window);
  if (samples === undefined) return undefined;
  let count = 0;
  for (let i = 1; i < samples.length; i++) {
    const [previous, current] = [samples[i - 1], samples[i]];
    if (previous !== undefined && current !== undefined && condition(previous, current)) count++;
  }
  return count;
}

function samplesOf(window: RangeWindow): readonly TimedSample[] | undefined {
  const { floatStarts, histogramStarts } = window.columns;
  const timed: TimedSample[] = [];
  for (let i = window.firstFloat; i < window.endFloat; i++) {
    timed.push({ timeMs: window.floatTimeAt(i), startMs: floatStarts?.[i] ?? 0, sample: window.floatAt(i) });
  }
  window.histograms.forEach((sample, i) => {
    const index = window.firstHistogram + i;
    timed.push({ timeMs: window.histogramTimeAt(index), startMs: histogramStarts?.[index] ?? 0, sample });
  });
  if (window.histogramCount > 0) timed.sort((a, b) => a.timeMs - b.timeMs);
  if (window.extension !== "anchored") return timed.length === 0 ? undefined : timed;
  const anchor = Math.max(
    0,
    timed.findLastIndex(({ timeMs }) => timeMs <= window.rangeStartMs),
  );
  const last = timed.at(-1);
  return last === undefined || last.timeMs <= window.rangeStartMs ? undefined : timed.slice(anchor);
}

function wasReset(previous: TimedSample, current: TimedSample): boolean {
  const [a, b] = [previous.sample, current.sample];
  if (typeof a === "number" && typeof b === "number") return b < a || startsAnew(previous, current);
  if (typeof a === "number" || typeof b === "number") return true;
  return startsAnew(previous, current) || isReset(b, a);
}

function hasChanged({ sample: a }: TimedSample, { sample: b }: TimedSample): boolean {
  if (typeof a === "number" && typeof b === "number") return a !== b && !(Number.isNaN(a) && Number.isNaN(b));
  if (typeof a === "number" || typeof b === "number") return true;
  return !equalHistograms(a, b);
}

/** Least squares. `intercept` is the value of the line at `originMs`; the slope is per second. */
function regression(window: RangeWindow, originMs: number): { slope: number; intercept: number } {
  const [sumX, sumY, sumXY, sumX2] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()];
  const initial = window.floatAt(window.firstFloat);
  let isConstant = true;
  for (let i = window.firstFloat; i < window.endFloat; i++) {
    const x = (window.floatTimeAt(i) - originMs) / 1000;
    const y = window.floatAt(i);
    isConstant &&= y === initial || i === window.firstFloat;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumX2.add(x * x);
  }
  if (isConstant)
    return Math.abs(initial) === Infinity ? { slope: NaN, intercept: NaN } : { slope: 0, intercept: initial };
  const count = window.floatCount;
  const [x, y, xy, x2] = [sumX, sumY, sumXY, sumX2].map((sum) => sum.sum + sum.compensation) as [
    number,
    number,
    number,
    number,
  ];
  const slope = (xy - (x * y) / count) / (x2 - (x * x) / count);
  return { slope, intercept: y / count - (slope * x) / count };
}

function predict(window: RangeWindow, [ahead = NaN]: readonly number[]): number {
  const { slope, intercept } = regression(window, window.timeMs);
  return slope * ahead + intercept;
}

function doubleExponentialSmoothing(
  window: RangeWindow,
  [smoothing = NaN, trendFactor = NaN]: readonly number[],
): number | undefined {
  checkFactor(smoothing, "smoothing", "sf");
  checkFactor(trendFactor, "trend", "tf");
  if (window.floatCount > 0) noteIgnoredHistograms(window);
  if (window.floatCount < 2) return undefined;
  let previous = 0;
  let level = window.floatAt(window.firstFloat);
  let trend = window.floatAt(window.firstFloat + 1) - level;
  for (let i = window.firstFloat + 1; i < window.endFloat; i++) {
    if (i > window.firstFloat + 1) trend = trendFactor * (level - previous) + (1 - trendFactor) * trend;
    const next = smoothing * window.floatAt(i) + (1 - smoothing) * (level + trend);
    previous = level;
    level = next;
  }
  return level;
}

function checkFactor(factor: number, name: string, letter: string): void {
  if (factor > 0 && factor < 1) return;
  const text = Number.isFinite(factor) ? factor.toFixed(6) : goFloatText(factor);
  throw queryError("execution", `invalid ${name} factor. Expected: 0 < ${letter} < 1, got: ${text}`);
}
