import { Labels, METRIC_NAME, TYPE_LABEL, UNIT_LABEL } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";

/** A point's value: a float or a histogram. */
export type Sample = number | NativeHistogram;

/** Labels that describe the metric itself. They fall away when its values become something else. */
export const METADATA_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, TYPE_LABEL, UNIT_LABEL]);

/**
 * One series on a grid, in columns with an element for each evaluation time. Where `present` is 0
 * there is no point; where `histograms` has an element, the point is that histogram.
 */
export class Series {
  readonly labels: Labels;
  /** The metadata labels are kept while a query runs (so that `by (__name__)` works) and dropped from its answer. */
  readonly dropName: boolean;
  readonly values: Float64Array;
  readonly present: Uint8Array;
  #histograms: (NativeHistogram | undefined)[] | undefined;

  constructor(labels: Labels, columns: number | Float64Array, dropName = false, present?: Uint8Array) {
    this.labels = labels;
    this.dropName = dropName;
    this.values = typeof columns === "number" ? new Float64Array(columns) : columns;
    this.present = present ?? new Uint8Array(this.values.length);
  }

  /** The same points under other labels. The columns are shared: neither may change afterwards. */
  static sharing(source: Series, labels: Labels, dropName: boolean): Series {
    const series = new Series(labels, source.values, dropName, source.present);
    series.#histograms = source.#histograms;
    return series;
  }

  /** A float at every step. */
  static fromColumn(values: Float64Array, labels: Labels = Labels.empty): Series {
    return new Series(labels, values, false, new Uint8Array(values.length).fill(1));
  }

  get hasHistograms(): boolean {
    return this.#histograms !== undefined;
  }

  get isEmpty(): boolean {
    return !this.present.includes(1);
  }

  histogramAt(step: number): NativeHistogram | undefined {
    return this.#histograms?.[step];
  }

  /** The point at a step, or nothing. */
  at(step: number): Sample | undefined {
    if (this.present[step] !== 1) return undefined;
    return this.#histograms?.[step] ?? this.values[step];
  }

  setFloat(step: number, value: number): void {
    this.values[step] = value;
    this.present[step] = 1;
  }

  set(step: number, sample: Sample): void {
    if (typeof sample === "number") return this.setFloat(step, sample);
    this.#histograms ??= [];
    this.#histograms[step] = sample;
    this.present[step] = 1;
  }
}

/** Makes many series whose columns stand in one piece of memory: thousands of small pieces cost much to make and free. */
export class SeriesSlab {
  readonly #count: number;
  readonly #values: Float64Array;
  readonly #present: Uint8Array;
  #used = 0;

  constructor(series: number, count: number) {
    this.#count = count;
    this.#values = new Float64Array(series * count);
    this.#present = new Uint8Array(series * count);
  }

  next(labels: Labels, dropName: boolean): Series {
    const start = this.#used;
    const end = (this.#used += this.#count);
    return new Series(labels, this.#values.subarray(start, end), dropName, this.#present.subarray(start, end));
  }
}

/** Series by label set, made when first asked for. */
export class SeriesMap {
  readonly #count: number;
  readonly #byKey = new Map<string, Series>();

  constructor(count: number) {
    this.#count = count;
  }

  get(labels: Labels, dropName: boolean): Series {
    const key = dropName ? `${labels.key}-` : labels.key;
    let series = this.#byKey.get(key);
    if (series === undefined) this.#byKey.set(key, (series = new Series(labels, this.#count, dropName)));
    return series;
  }

  /** Those that have a point, in the order in which they were made. */
  get nonEmpty(): readonly Series[] {
    return [...this.#byKey.values()].filter((series) => !series.isEmpty);
  }
}
