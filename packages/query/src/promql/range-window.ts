import type { PositionRange } from "./ast.ts";
import type { Annotations } from "./annotations.ts";
import { type CounterResets, counterResets } from "./counter-resets.ts";
import type { Labels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import type { SampleColumns } from "./sample-columns.ts";

/**
 * The samples of one series in one window, as a function over a range sees them. There is one object
 * for all windows of a series: a function must not keep it. Samples lie at `first <= i < end`.
 */
export class RangeWindow {
  readonly columns: SampleColumns;
  readonly rangeMs: number;
  readonly annotations: Annotations;
  /** Where the range expression stands in the query. */
  readonly position: PositionRange;
  readonly extension: "anchored" | "smoothed" | undefined;
  firstFloat = 0;
  endFloat = 0;
  firstHistogram = 0;
  endHistogram = 0;
  /** The window is `(rangeStartMs, rangeEndMs]`. */
  rangeStartMs = 0;
  rangeEndMs = 0;
  /** The evaluation time, which differs from the window's end with `@` and `offset`. */
  timeMs = 0;
  step = 0;
  #counterResets: CounterResets | undefined;

  constructor(
    columns: SampleColumns,
    settings: {
      readonly rangeMs: number;
      readonly annotations: Annotations;
      readonly position: PositionRange;
      readonly extension: "anchored" | "smoothed" | undefined;
    },
  ) {
    this.columns = columns;
    this.rangeMs = settings.rangeMs;
    this.annotations = settings.annotations;
    this.position = settings.position;
    this.extension = settings.extension;
  }

  /** Where the series' counter fell back; worked out when first asked for. */
  get counterResets(): CounterResets {
    this.#counterResets ??= counterResets(this.columns);
    return this.#counterResets;
  }

  get labels(): Labels {
    return this.columns.labels;
  }

  get floatCount(): number {
    return this.endFloat - this.firstFloat;
  }

  get histogramCount(): number {
    return this.endHistogram - this.firstHistogram;
  }

  get floats(): Float64Array {
    return this.columns.floats;
  }

  get floatTimes(): Float64Array {
    return this.columns.floatTimes;
  }

  floatAt(i: number): number {
    return this.columns.floats[i] ?? NaN;
  }

  floatTimeAt(i: number): number {
    return this.columns.floatTimes[i] ?? NaN;
  }

  histogramTimeAt(i: number): number {
    return this.columns.histogramTimes[i] ?? NaN;
  }

  get histograms(): readonly NativeHistogram[] {
    return this.columns.histograms.slice(this.firstHistogram, this.endHistogram);
  }

  /** Moves on to `(startMs, endMs]`, which must not lie before the last one. */
  moveTo(startMs: number, endMs: number): void {
    const { floatTimes, histogramTimes } = this.columns;
    this.firstFloat = advance(floatTimes, this.firstFloat, startMs);
    this.endFloat = advance(floatTimes, this.endFloat, endMs);
    this.firstHistogram = advance(histogramTimes, this.firstHistogram, startMs);
    this.endHistogram = advance(histogramTimes, this.endHistogram, endMs);
  }
}

/** The index of the first time after `limitMs`, from `i` on. */
function advance(times: Float64Array, i: number, limitMs: number): number {
  let next = i;
  while (next < times.length && (times[next] ?? Infinity) <= limitMs) next++;
  return next;
}
