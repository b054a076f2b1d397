import type { Annotations } from "./annotations.ts";
import type { Call, MatrixSelector } from "./ast.ts";
import { type Grid, timeOf } from "./grid.ts";
import { queryError } from "./query-error.ts";
import { floatRates } from "./float-rates.ts";
import { NAME_KEEPING, RANGE_FUNCTIONS, RATE_KINDS } from "./range-functions.ts";
import { samplesIn } from "./query-statistics.ts";
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

/**
 * Evaluates a function over ranges at all steps. `parameters[i]` is the i-th scalar argument, a value a step. `checkpoint` is called
 * before each series, and throws where the query must end.
 */
export function evaluateRangeCall(
  call: Call,
  ranges: Ranges,
  parameters: readonly Float64Array[],
  grid: Grid,
  annotations: Annotations,
  checkpoint: () => void,
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
      noteCounterName(call, series, ranges, annotations);
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

/** How many samples lie in all windows together. */
export function samplesInWindows({ columns, ...ranges }: Ranges, grid: Grid, annotations: Annotations): number {
  let samples = 0;
  for (const one of columns) {
    const window = new RangeWindow(one, { ...ranges, annotations });
    for (let step = 0; step < grid.count; step++) {
      move(window, { columns, ...ranges }, grid, step);
      samples += window.floatCount;
      for (let i = window.firstHistogram; i < window.endHistogram; i++) samples += samplesIn(one.histograms[i]!);
    }
  }
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

function noteCounterName({ func }: Call, series: Series, { position }: Ranges, annotations: Annotations): void {
  if (func !== "rate" && func !== "increase") return;
  const name = series.labels.metricName;
  if (name === "" || COUNTER_SUFFIXES.some((suffix) => name.endsWith(suffix))) return;
  const type = series.labels.get("__type__");
  if (!series.present.some((present, step) => present === 1 && series.histogramAt(step) === undefined)) return;
  if (type === "counter" || type === "histogram") return;
  const suffixes = COUNTER_SUFFIXES.join("/");
  annotations.info(
    `metric might not be a counter, name does not end in ${suffixes}: ${JSON.stringify(name)}`,
    position,
  );
}
