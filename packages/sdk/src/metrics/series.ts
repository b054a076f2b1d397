/** What is known of one set of attributes of a metric: the measurements so far, made into one value. */
import type { Attributes, HrTime } from "@opentelemetry/api";
import { bucketOf } from "./bucket-of.ts";
import type { ExemplarReservoir } from "./exemplar-reservoir.ts";
import type { Exemplar, Histogram } from "./metric-data.ts";

const NO_EXEMPLARS: readonly Exemplar[] = [];

/**
 * Looks like a data point, but goes on changing: what is read from it holds until the next measurement.
 * `value` is changed in place, so that a measurement makes no garbage.
 */
export abstract class Series<Value = unknown> {
  readonly attributes: Attributes;
  startTime: HrTime;
  /** Those of the collection under way. */
  exemplars: readonly Exemplar[] = NO_EXEMPLARS;
  /** Made when the first measurement may be an exemplar. */
  reservoir: ExemplarReservoir | undefined = undefined;
  /** What an encoder keeps of `attributes`, which never change. */
  encoded: Uint8Array | undefined = undefined;
  /** Whether it has a place under the cardinality limit in this collection cycle. */
  isAdmitted = true;
  /** Whether there is anything to report. */
  isTouched = false;
  /** Whether a bound instrument holds it, so that it must stay. */
  isBound = false;
  /** Whether it was forgotten: a measurement of its attributes starts a new one. */
  isEvicted = false;
  abstract readonly value: Value;

  constructor(attributes: Attributes, startTime: HrTime) {
    this.attributes = attributes;
    this.startTime = startTime;
  }

  abstract record(value: number): void;
  /** A copy of `value` that stays as it is. */
  abstract snapshot(): Value;
  /** Starts again, as after a collection with delta temporality. */
  abstract reset(): void;

  collectExemplars(): void {
    this.exemplars = this.reservoir?.collect(this.attributes) ?? NO_EXEMPLARS;
  }
}

abstract class NumberSeries extends Series<number> {
  value = 0;

  snapshot(): number {
    return this.value;
  }

  reset(): void {
    this.value = 0;
  }
}

export class SumSeries extends NumberSeries {
  record(value: number): void {
    this.value += value;
  }
}

export class LastValueSeries extends NumberSeries {
  record(value: number): void {
    this.value = value;
  }
}

/** Of an instrument that is asked for totals: `settle` makes what is reported of them. */
export class ObservedSeries extends NumberSeries {
  #observed = 0;
  #previous = 0;

  record(value: number): void {
    this.#observed = value;
  }

  /** In the overflow series the totals of many are added up. */
  add(value: number): void {
    this.#observed += value;
  }

  settle(isDelta: boolean): void {
    this.value = isDelta ? this.#observed - this.#previous : this.#observed;
    this.#previous = this.#observed;
  }

  override reset(): void {
    this.#observed = 0;
  }
}

/** Numbers only, so that they lie in the object unboxed: a sum that is not kept is NaN, without values min is above max. */
class LiveHistogram implements Histogram {
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: number[] };
  sum: number;
  count = 0;
  min: number = Infinity;
  max: number = -Infinity;

  constructor(boundaries: readonly number[], keepsSum: boolean) {
    const counts = Array.from<number>({ length: boundaries.length + 1 }).fill(0);
    this.buckets = { boundaries, counts };
    this.sum = keepsSum ? 0 : Number.NaN;
  }
}

export interface HistogramParts {
  readonly recordMinMax: boolean;
  /** False for instruments that take negative values, whose sum says little. */
  readonly recordSum: boolean;
}

export class HistogramSeries extends Series<Histogram> {
  readonly value: LiveHistogram;
  readonly #parts: HistogramParts;

  constructor(attributes: Attributes, startTime: HrTime, boundaries: readonly number[], parts: HistogramParts) {
    super(attributes, startTime);
    this.value = new LiveHistogram(boundaries, parts.recordSum);
    this.#parts = parts;
  }

  record(value: number): void {
    const histogram = this.value;
    const { boundaries, counts } = histogram.buckets;
    const bucket = bucketOf(boundaries, value);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    histogram.count++;
    histogram.sum += value;
    if (!this.#parts.recordMinMax) return;
    if (value < histogram.min) histogram.min = value;
    if (value > histogram.max) histogram.max = value;
  }

  snapshot(): Histogram {
    const { buckets, count, sum, min, max } = this.value;
    return {
      buckets: { boundaries: buckets.boundaries, counts: [...buckets.counts] },
      count,
      ...(!Number.isNaN(sum) && { sum }),
      ...(min <= max && { min, max }),
    };
  }

  reset(): void {
    const histogram = this.value;
    histogram.buckets.counts.fill(0);
    histogram.count = 0;
    histogram.sum = this.#parts.recordSum ? 0 : Number.NaN;
    histogram.min = Infinity;
    histogram.max = -Infinity;
  }
}
