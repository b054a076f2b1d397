/** How the measurements of one series become one value. Source: metrics SDK specification, "Aggregation". */
import { diag } from "@opentelemetry/api";
import { type InstrumentDescriptor, InstrumentType } from "./instrument-descriptor.ts";
import type { Histogram } from "./metric-data.ts";

/** Specification, "Explicit bucket histogram aggregation", default boundaries. */
const DEFAULT_BOUNDARIES: readonly number[] = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
];

class Sum {
  value = 0;

  record(value: number): number {
    this.value += value;
    return 0;
  }
}

class LastValue {
  value = 0;

  record(value: number): number {
    this.value = value;
    return 0;
  }
}

class ExplicitBucketHistogram {
  readonly #boundaries: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(boundaries: readonly number[]) {
    this.#boundaries = boundaries;
    this.#counts = Array.from<number>({ length: boundaries.length + 1 }).fill(0);
  }

  /** Returns the index of the value's bucket. */
  record(value: number): number {
    const bucket = this.#bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    return bucket;
  }

  get value(): Histogram {
    return {
      buckets: { boundaries: this.#boundaries, counts: [...this.#counts] },
      sum: this.#sum,
      count: this.#count,
      min: this.#min,
      max: this.#max,
    };
  }

  /** The first bucket whose upper boundary is not below `value`. */
  #bucketOf(value: number): number {
    let low = 0;
    let high = this.#boundaries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#boundaries[middle] ?? Infinity) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export type Aggregation = Sum | LastValue | ExplicitBucketHistogram;

/** Makes the aggregations of an instrument, and says how many exemplar slots each wants. */
export interface AggregationFactory {
  readonly exemplarSlots: number;
  create(): Aggregation;
}

/** Specification, "Default aggregation", by the type of the instrument. */
export function defaultAggregation(descriptor: InstrumentDescriptor): AggregationFactory {
  switch (descriptor.type) {
    case InstrumentType.HISTOGRAM: {
      const boundaries = boundariesOf(descriptor);
      return { exemplarSlots: boundaries.length + 1, create: () => new ExplicitBucketHistogram(boundaries) };
    }
    case InstrumentType.GAUGE:
    case InstrumentType.OBSERVABLE_GAUGE:
      return { exemplarSlots: 1, create: () => new LastValue() };
    default:
      return { exemplarSlots: 1, create: () => new Sum() };
  }
}

function boundariesOf({ name, advice }: InstrumentDescriptor): readonly number[] {
  const advised = advice.explicitBucketBoundaries;
  if (advised === undefined) return DEFAULT_BOUNDARIES;
  const isAscending = advised.every(
    (boundary, i) => Number.isFinite(boundary) && boundary > (advised[i - 1] ?? -Infinity),
  );
  if (isAscending) return [...advised];
  diag.warn(`${name}: the advised bucket boundaries do not ascend; the default ones are used`);
  return DEFAULT_BOUNDARIES;
}
