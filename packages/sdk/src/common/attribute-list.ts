import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { Writer } from "@clew/otlp";
import { type AnyValue, copyValue, DEFAULT_DEPTH_LIMIT, type ValueLimits } from "./any-value.ts";
import type { AttributeEntries, AttributeWriter } from "./attribute-writer.ts";

export interface AttributeLimits extends ValueLimits {
  /** How many attributes are kept; further ones are counted as dropped. */
  readonly countLimit: number;
}

/** Room for twelve attributes, as the span of an HTTP request has them: an array that grows is copied each time. */
const ROOM: readonly AnyValue[] = Array.from({ length: 24 }, () => null);
const NO_ENTRIES: (string | AnyValue)[] = [];

/**
 * Attributes under limits, in the order of their first `set`. They lie in one flat array, because
 * almost every list is short: looking through it is faster than hashing, and it is one allocation.
 */
export class AttributeList implements AttributeEntries {
  /** Attributes that the count limit kept out. */
  droppedCount = 0;
  #entries = NO_ENTRIES;
  #length = 0;
  readonly #limits: AttributeLimits;

  constructor(limits: AttributeLimits) {
    this.#limits = limits;
  }

  /** As they are now, not a copy. */
  get entries(): readonly (string | AnyValue)[] {
    return this.#entries;
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets them all, and keeps the memory. */
  clear(): void {
    this.#length = 0;
    this.droppedCount = 0;
  }

  /** A value of `undefined` or `null` is none, and changes nothing. */
  set(key: string, value: unknown): void {
    this.#set(key, value, this.#length);
  }

  /** Sets each; what throws when it is read is reported, with what comes after it left out. */
  setAll(attributes: object | undefined): void {
    // No object has a key twice.
    const known = this.#length;
    try {
      // `for in` passes over `undefined` and `null`, and makes no array of entries.
      for (const key in attributes) this.#set(key, (attributes as Record<string, unknown>)[key], known);
    } catch (thrown) {
      diag.warn(`attributes left out: ${messageOf(thrown)}`);
    }
  }

  toObject<Value = AnyValue>(): Record<string, Value> {
    const pairs: [string, Value][] = [];
    for (let i = 0; i < this.#length; i += 2) {
      pairs.push([this.#entries[i] as string, this.#entries[i + 1] as Value]);
    }
    return Object.fromEntries(pairs);
  }

  /** Writes each as a `KeyValue` of the repeated `field`, and the dropped count as `droppedField`. */
  write(writer: Writer, attributes: AttributeWriter, field: number, droppedField: number): void {
    attributes.writeAll(writer, field, this);
    writer.uint(droppedField, this.droppedCount);
  }

  #set(key: string, value: unknown, known: number): void {
    if (value === undefined || value === null) return;
    if (typeof key !== "string" || key === "") {
      diag.warn(`attribute left out: its key is ${JSON.stringify(key)}, expected a string that is not empty`);
      return;
    }
    const isPlain = typeof value === "string" ? value.length <= this.#limits.valueLengthLimit : isNumeric(value);
    const copy = isPlain ? (value as AnyValue) : copyValue(value, this.#limits);
    if (copy === undefined) diag.warn(`attribute ${key} left out: no attribute value (${typeof value})`);
    else this.#put(key, copy, known);
  }

  /** `known`: how many entries there are among which the key may be. */
  #put(key: string, value: AnyValue, known: number): void {
    const entries = this.#entries;
    const length = this.#length;
    for (let i = 0; i < known; i += 2) {
      if (entries[i] !== key) continue;
      entries[i + 1] = value;
      return;
    }
    if (length >= this.#limits.countLimit * 2) this.droppedCount++;
    else {
      if (entries === NO_ENTRIES) this.#entries = [...ROOM];
      this.#entries[length] = key;
      this.#entries[length + 1] = value;
      this.#length = length + 2;
    }
  }
}

export const NO_LIMITS: AttributeLimits = {
  countLimit: Infinity,
  valueLengthLimit: Infinity,
  valueDepthLimit: DEFAULT_DEPTH_LIMIT,
};

/** Numbers and truth values are what they are: nothing of them is copied or cut. */
function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean";
}
