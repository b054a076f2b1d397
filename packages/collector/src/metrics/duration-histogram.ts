/** Histograms that are recorded into, of both kinds, and the data points that they make. */
import { buckets, coarsened } from "./exponential-buckets.ts";

/** The fields of a data point that a histogram knows. */
export type HistogramFields = Readonly<Record<string, unknown>>;

export interface RecordedHistogram {
  /** The member of a metric's data that its points belong to. */
  readonly data: "histogram" | "exponentialHistogram";
  record(value: number): void;
  fields(): HistogramFields;
}

export class ExplicitHistogram implements RecordedHistogram {
  readonly data = "histogram";
  readonly #bounds: readonly number[];
  readonly #counts: bigint[];
  #sum = 0;

  /** `bounds` in ascending order. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0n);
  }

  record(value: number): void {
    let bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket < 0) bucket = this.#bounds.length;
    this.#counts[bucket] = this.#counts[bucket]! + 1n;
    this.#sum += value;
  }

  fields(): HistogramFields {
    const count = this.#counts.reduce((total, one) => total + one, 0n);
    return { count, sum: this.#sum, explicitBounds: this.#bounds, bucketCounts: [...this.#counts] };
  }
}

const MAX_SCALE = 20;

/** Of values from 0 up. The scale is as high as `maxSize` buckets allow. */
export class ExponentialHistogram implements RecordedHistogram {
  readonly data = "exponentialHistogram";
  readonly #maxSize: number;
  #scale = MAX_SCALE;
  #offset = 0;
  #counts: bigint[] = [];
  #zeroCount = 0n;
  #count = 0n;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  record(value: number): void {
    this.#count++;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    if (value <= 0) this.#zeroCount++;
    else this.#add(value);
  }

  fields(): HistogramFields {
    return {
      count: this.#count,
      sum: this.#sum,
      scale: this.#scale,
      zeroCount: this.#zeroCount,
      positive: { offset: this.#offset, bucketCounts: [...this.#counts] },
      ...(this.#count === 0n ? {} : { min: this.#min, max: this.#max }),
    };
  }

  #add(value: number): void {
    let index = this.#indexOf(value);
    if (this.#counts.length === 0) this.#offset = index;
    while (this.#sizeWith(index) > this.#maxSize) {
      const { offset, counts } = coarsened(buckets(this.#offset, this.#counts), 1);
      this.#offset = offset;
      this.#counts = [...counts];
      this.#scale--;
      index = this.#indexOf(value);
    }
    while (index < this.#offset) {
      this.#counts.unshift(0n);
      this.#offset--;
    }
    while (index >= this.#offset + this.#counts.length) this.#counts.push(0n);
    const at = index - this.#offset;
    this.#counts[at] = this.#counts[at]! + 1n;
  }

  #sizeWith(index: number): number {
    return Math.max(index, this.#offset + this.#counts.length - 1) - Math.min(index, this.#offset) + 1;
  }

  /** Bucket i holds what is above base^i, up to base^(i+1). */
  #indexOf(value: number): number {
    return Math.ceil(Math.log2(value) * 2 ** this.#scale) - 1;
  }
}
