/** Source: metrics SDK specification, "Base2 Exponential Bucket Histogram Aggregation"; data model, "ExponentialHistogram". */
import type { Attributes, HrTime } from "@opentelemetry/api";
import { BucketIndex } from "./bucket-index.ts";
import type { ExponentialHistogram } from "./metric-data.ts";
import { type HistogramParts, Series } from "./series.ts";

/** Consecutive buckets, the first of which has the index `offset`. They grow at both ends as values come. */
class ExponentialBuckets {
  offset = 0;
  bucketCounts: number[] = [];

  add(index: number): void {
    if (this.bucketCounts.length === 0) this.offset = index;
    while (index < this.offset) {
      this.bucketCounts.unshift(0);
      this.offset--;
    }
    while (index >= this.offset + this.bucketCounts.length) this.bucketCounts.push(0);
    const at = index - this.offset;
    this.bucketCounts[at] = (this.bucketCounts[at] ?? 0) + 1;
  }

  /** How many times neighbours must be joined before `index` fits into `maxSize` buckets with the others. */
  joinsFor(index: number, maxSize: number): number {
    if (this.bucketCounts.length === 0) return 0;
    let low = Math.min(index, this.offset);
    let high = Math.max(index, this.offset + this.bucketCounts.length - 1);
    let joins = 0;
    while (high - low >= maxSize) {
      low >>= 1;
      high >>= 1;
      joins++;
    }
    return joins;
  }

  join(times: number): void {
    const offset = this.offset >> times;
    const joined: number[] = [];
    for (const [i, count] of this.bucketCounts.entries()) {
      const at = ((this.offset + i) >> times) - offset;
      joined[at] = (joined[at] ?? 0) + count;
    }
    this.offset = offset;
    this.bucketCounts = joined;
  }

  snapshot(): { readonly offset: number; readonly bucketCounts: readonly number[] } {
    return { offset: this.offset, bucketCounts: [...this.bucketCounts] };
  }
}

/** Numbers only, as `LiveHistogram` in series.ts. */
class LiveExponentialHistogram implements ExponentialHistogram {
  count = 0;
  sum: number;
  scale: number;
  zeroCount = 0;
  positive: ExponentialBuckets = new ExponentialBuckets();
  negative: ExponentialBuckets = new ExponentialBuckets();
  min: number = Infinity;
  max: number = -Infinity;

  constructor(scale: number, keepsSum: boolean) {
    this.scale = scale;
    this.sum = keepsSum ? 0 : Number.NaN;
  }
}

export interface ExponentialHistogramLimits {
  /** How many buckets there are at most on each side of zero. */
  readonly maxSize: number;
  readonly maxScale: number;
}

/** Holds the finest scale at which all values so far fit into `maxSize` buckets. */
export class ExponentialHistogramSeries extends Series<ExponentialHistogram> {
  value: LiveExponentialHistogram;
  readonly #limits: ExponentialHistogramLimits;
  readonly #parts: HistogramParts;
  #index: BucketIndex;

  constructor(attributes: Attributes, startTime: HrTime, limits: ExponentialHistogramLimits, parts: HistogramParts) {
    super(attributes, startTime);
    this.#limits = limits;
    this.#parts = parts;
    this.value = new LiveExponentialHistogram(limits.maxScale, parts.recordSum);
    this.#index = new BucketIndex(limits.maxScale);
  }

  record(value: number): void {
    const histogram = this.value;
    histogram.count++;
    histogram.sum += value;
    if (this.#parts.recordMinMax) {
      if (value < histogram.min) histogram.min = value;
      if (value > histogram.max) histogram.max = value;
    }
    if (value === 0) histogram.zeroCount++;
    else this.#put(value > 0 ? histogram.positive : histogram.negative, Math.abs(value));
  }

  snapshot(): ExponentialHistogram {
    const { count, sum, scale, zeroCount, positive, negative, min, max } = this.value;
    return {
      count,
      scale,
      zeroCount,
      positive: positive.snapshot(),
      negative: negative.snapshot(),
      ...(!Number.isNaN(sum) && { sum }),
      ...(min <= max && { min, max }),
    };
  }

  reset(): void {
    this.value = new LiveExponentialHistogram(this.#limits.maxScale, this.#parts.recordSum);
    this.#index = new BucketIndex(this.#limits.maxScale);
  }

  #put(buckets: ExponentialBuckets, magnitude: number): void {
    let index = this.#index.of(magnitude);
    const joins = buckets.joinsFor(index, this.#limits.maxSize);
    if (joins > 0) {
      this.#coarsen(joins);
      index >>= joins;
    }
    buckets.add(index);
  }

  /** Both sides have one scale. */
  #coarsen(joins: number): void {
    const histogram = this.value;
    histogram.positive.join(joins);
    histogram.negative.join(joins);
    histogram.scale -= joins;
    this.#index = new BucketIndex(histogram.scale);
  }
}
