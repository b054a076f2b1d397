/** Which of the measurements that may be exemplars are kept. Source: metrics SDK specification, "ExemplarReservoir". */
import { type Attributes, type Context, type HrTime, isSpanContextValid, trace } from "@opentelemetry/api";
import { bucketOf } from "./bucket-of.ts";
import type { Exemplar } from "./metric-data.ts";

/** Belongs to one series. */
export interface ExemplarReservoir {
  /** `attributes` are all of the measurement, in the caller's object: what is to be kept must be copied. */
  offer(value: number, timestamp: HrTime, attributes: Attributes, context: Context): void;
  /** Gives the exemplars since the last call, each with those of its attributes that the series does not have. */
  collect(pointAttributes: Attributes): Exemplar[];
}

interface Kept {
  readonly value: number;
  readonly timestamp: HrTime;
  readonly attributes: Attributes;
  readonly context: Context;
}

/** Keeps at most one measurement in each of a fixed number of slots. */
export abstract class SlottedExemplarReservoir implements ExemplarReservoir {
  readonly #slots: (Exemplar | undefined)[];
  readonly #attributes: Attributes[] = [];

  constructor(slots: number) {
    this.#slots = Array.from<Exemplar | undefined>({ length: slots }).fill(undefined);
  }

  /** The slot that the measurement takes, by chance; -1 for none. Asked once for each, so that most cost no more than this. */
  abstract slotFor(value: number): number;
  protected abstract startAgain(): void;

  offer(value: number, timestamp: HrTime, attributes: Attributes, context: Context): void {
    const slot = this.slotFor(value);
    if (slot >= 0) this.keep(slot, { value, timestamp, attributes, context });
  }

  keep(slot: number, { value, timestamp, attributes, context }: Kept): void {
    const spanContext = trace.getSpanContext(context);
    const hasIds = spanContext !== undefined && isSpanContextValid(spanContext);
    this.#attributes[slot] = { ...attributes };
    this.#slots[slot] = {
      filteredAttributes: {},
      value,
      timestamp,
      ...(hasIds && { traceId: spanContext.traceId, spanId: spanContext.spanId }),
    };
  }

  collect(pointAttributes: Attributes): Exemplar[] {
    const exemplars: Exemplar[] = [];
    for (const [slot, exemplar] of this.#slots.entries()) {
      if (exemplar === undefined) continue;
      const filteredAttributes = without(this.#attributes[slot], pointAttributes);
      exemplars.push({ ...exemplar, filteredAttributes });
    }
    this.#slots.fill(undefined);
    this.#attributes.length = 0;
    this.startAgain();
    return exemplars;
  }
}

/** Each measurement since the last collection has the same chance to be one of the `size` that are kept. */
export class SimpleFixedSizeExemplarReservoir extends SlottedExemplarReservoir {
  readonly #size: number;
  readonly #random: () => number;
  #offered = 0;

  constructor(size = 1, random: () => number = Math.random) {
    super(size);
    this.#size = size;
    this.#random = random;
  }

  slotFor(): number {
    const offered = this.#offered++;
    const slot = offered < this.#size ? offered : Math.floor(this.#random() * (offered + 1));
    return slot < this.#size ? slot : -1;
  }

  protected startAgain(): void {
    this.#offered = 0;
  }
}

/** Keeps one measurement of each bucket of a histogram; each of the bucket has the same chance. */
export class AlignedHistogramBucketExemplarReservoir extends SlottedExemplarReservoir {
  readonly #boundaries: readonly number[];
  readonly #offered: number[];
  readonly #random: () => number;

  constructor(boundaries: readonly number[], random: () => number = Math.random) {
    super(boundaries.length + 1);
    this.#boundaries = boundaries;
    this.#offered = Array.from<number>({ length: boundaries.length + 1 }).fill(0);
    this.#random = random;
  }

  slotFor(value: number): number {
    const bucket = bucketOf(this.#boundaries, value);
    const offered = (this.#offered[bucket] ?? 0) + 1;
    this.#offered[bucket] = offered;
    return offered === 1 || this.#random() * offered < 1 ? bucket : -1;
  }

  protected startAgain(): void {
    this.#offered.fill(0);
  }
}

function without(attributes: Attributes | undefined, others: Attributes): Attributes {
  const left: Attributes = {};
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null && !Object.hasOwn(others, key)) left[key] = value;
  }
  return left;
}
