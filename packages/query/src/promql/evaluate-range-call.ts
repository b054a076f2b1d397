import type { Annotations } from "./annotations.ts";
import type { Call, MatrixSelector } from "./ast.ts";
import { type Grid, timeOf } from "./grid.ts";
import { type Labels, TYPE_LABEL } from "./labels.ts";
import { queryError } from "./query-error.ts";
import { floatRates } from "./float-rates.ts";
import { NAME_KEEPING, RANGE_FUNCTIONS, RATE_KINDS } from "./range-functions.ts";
import { type SampleCounter, samplesIn } from "./query-statistics.ts";
import { RangeWindow } from "./range-window.ts";
import type { SampleColumns } from "./sample-columns.ts";
import { type Series, SeriesSlab } from "./series.ts";
import { type Reference, referenceTime } from "./timing.ts";

/** A range expression made ready: the samples of its series, and where its windows lie. */
export interface Ranges {
  readonly columns: readonly SampleColumns[];
  readonly reference: Reference;
  readonly rangeMs: number;
  readonly lookbackMs: number;
  readonly extension: MatrixSelector["selector"]["extension"];
  readonly position: MatrixSelector["position"];
}

const EXTENSION_FUNCTIONS = {
  anchored: ["changes", "delta", "increase", "rate", "resets"],
  smoothed: ["delta", "increase", "rate"],
} as const;

const NO_PARAMETERS: readonly number[] = [];

const COUNTER_SUFFIXES = ["_total", "_sum", "_count", "_bucket"];

interface RangeCallSettings {
  readonly grid: Grid;
  readonly annotations: Annotations;
  /** Called before each series; throws where the query must end. */
  readonly checkpoint: () => void;
  /** Whether labels tell the type of a metric. */
  readonly typeAndUnitLabels: boolean;
}

/** Evaluates a function over ranges at all steps. `parameters[i]` is the i-th scalar argument, a value a step. */
export function evaluateRangeCall(
  call: Call,
  ranges: Ranges,
  parameters: readonly Float64Array[],
  { grid, annotations, checkpoint, typeAndUnitLabels }: RangeCallSettings,
): readonly Series[] {
  const compute = RANGE_FUNCTIONS.get(call.func);
  if (compute === undefined)
    throw queryError("execution", `unknown function ${call.func}`, { position: call.position });
  checkExtension(call, ranges.extension);
  // With `@` every window is the same: unless a parameter or the evaluation time plays a part, one is enough.
  const once = ranges.reference.fixedMs !== undefined && parameters.length === 0;
  const slab = new SeriesSlab(ranges.columns.length, grid.count);
  const kind = ranges.extension === undefined && !once ? RATE_KINDS.get(call.func) : undefined;
  const { reference, rangeMs } = ranges;
  return ranges.columns
    .map((columns) => {
      checkpoint();
      const rates = kind && floatRates(columns, kind, { grid, offsetMs: reference.offsetMs, rangeMs }, slab);
      if (rates !== undefined) return rates;
      const series = slab.next(columns.labels, !NAME_KEEPING.has(call.func) || columns.dropName);
      const window = new RangeWindow(columns, { ...ranges, annotations });
      for (let step = 0; step < grid.count; step++) {
        const sample =
          once && step > 0
            ? series.at(0)
            : (move(window, ranges, grid, step),
              compute(
                window,
                parameters.length === 0 ? NO_PARAMETERS : parameters.map((values) => values[step] ?? NaN),
              ));
        if (sample !== undefined) series.set(step, sample);
      }
      return series;
    })
    .filter((series) => {
      const problem = isCounterCall(call, series) ? counterProblem(series.labels, typeAndUnitLabels) : undefined;
      if (problem !== undefined) annotations.info(`metric might not be a counter, ${problem}`, ranges.position);
      return !series.isEmpty;
    });
}

/** The steps at which no series has a sample in its window, as `absent_over_time` needs them. */
export function emptyWindows({ columns, ...ranges }: Ranges, grid: Grid, annotations: Annotations): Uint8Array {
  const empty = new Uint8Array(grid.count).fill(1);
  for (const one of columns) {
    const window = new RangeWindow(one, { ...ranges, annotations });
    for (let step = 0; step < grid.count; step++) {
      move(window, { columns, ...ranges }, grid, step);
      if (window.floatCount + window.histogramCount > 0) empty[step] = 0;
    }
  }
  return empty;
}

/** Counts what lies in all windows. `isRead`: whether it came from the store, and is not a subquery's. */
export function countWindows(
  counter: SampleCounter,
  { columns, ...ranges }: Ranges,
  { grid, annotations, isRead }: { readonly grid: Grid; readonly annotations: Annotations; readonly isRead: boolean },
): void {
  const isFixed = ranges.reference.fixedMs !== undefined;
  for (const one of columns) {
    const window = new RangeWindow(one, { ...ranges, annotations });
    for (let step = 0; step < grid.count; step++) {
      const [lastFloat, lastHistogram] = step === 0 ? [0, 0] : [window.endFloat, window.endHistogram];
      move(window, { columns, ...ranges }, grid, step);
      const seen = samplesFrom(one, window, window.firstFloat, window.firstHistogram);
      const fresh = [Math.max(lastFloat, window.firstFloat), Math.max(lastHistogram, window.firstHistogram)] as const;
      counter.window(step, seen, isRead && (step === 0 || !isFixed) ? samplesFrom(one, window, ...fresh) : 0);
    }
  }
}

/** In a window, from one of its floats and one of its histograms on. */
function samplesFrom(
  { histograms }: SampleColumns,
  window: RangeWindow,
  firstFloat: number,
  firstHistogram: number,
): number {
  let samples = window.endFloat - firstFloat;
  for (let i = firstHistogram; i < window.endHistogram; i++) samples += samplesIn(histograms[i]!);
  return samples;
}

function move(window: RangeWindow, ranges: Ranges, grid: Grid, step: number): void {
  const { reference, rangeMs, extension, lookbackMs } = ranges;
  const endMs = referenceTime(reference, grid, step);
  window.rangeEndMs = endMs;
  window.rangeStartMs = endMs - rangeMs;
  window.timeMs = timeOf(grid, step);
  window.step = step;
  const before = extension === undefined ? 0 : lookbackMs;
  const after = extension === "smoothed" ? lookbackMs : 0;
  window.moveTo(endMs - rangeMs - before, endMs + after);
}

function checkExtension({ func, position }: Call, extension: Ranges["extension"]): void {
  if (extension === undefined) return;
  const allowed: readonly string[] = EXTENSION_FUNCTIONS[extension];
  if (allowed.includes(func)) return;
  const problem = `${extension} modifier can only be used with: ${allowed.join(", ")} - not with ${func}`;
  throw queryError("execution", problem, { position });
}

/** Whether a series of floats is taken for a counter. */
function isCounterCall({ func }: Call, series: Series): boolean {
  if (func !== "rate" && func !== "increase") return false;
  return series.present.some((present, step) => present === 1 && series.histogramAt(step) === undefined);
}

/** Why a metric seems to be none; undefined where it seems to be one, or has no name. */
function counterProblem(labels: Labels, typeAndUnitLabels: boolean): string | undefined {
  const name = labels.metricName;
  if (name === "") return undefined;
  if (typeAndUnitLabels) {
    const type = labels.get(TYPE_LABEL);
    if (type === "counter" || type === "histogram") return undefined;
    return `__type__ label is not set to "counter" or "histogram", got ${JSON.stringify(type)}: ${JSON.stringify(name)}`;
  }
  if (COUNTER_SUFFIXES.some((suffix) => name.endsWith(suffix))) return undefined;
  return `name does not end in ${COUNTER_SUFFIXES.join("/")}: ${JSON.stringify(name)}`;
}
