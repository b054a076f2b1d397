import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { Writer } from "@clew/otlp";
import { type AnyValue, copyValue, DEFAULT_DEPTH_LIMIT, type ValueLimits } from "./any-value.ts";
import type { AttributeEntries, AttributeWriter } from "./attribute-writer.ts";

export interface AttributeLimits extends ValueLimits {
  /** How many attributes are kept; further ones are counted as dropped. */
  readonly countLimit: number;
}

/**
 * Attributes under limits, in the order of their first `set`. They lie in one flat array, because
 * almost every list is short: looking through it is faster than hashing, and it is one allocation.
 */
export class AttributeList implements AttributeEntries {
  /** Attributes that the count limit kept out. */
  droppedCount = 0;
  readonly #entries: (string | AnyValue)[] = [];
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
    const copy = this.#accepted(key, value);
    if (copy !== undefined && !this.#replace(key, copy, this.#length)) this.#append(key, copy);
  }

  /** Sets each; what throws when it is read is reported, with what comes after it left out. */
  setAll(attributes: object | undefined): void {
    // No object has a key twice, so only what was here before is looked through.
    const known = this.#length;
    try {
      // `for in` passes over `undefined` and `null`, and makes no array of entries.
      for (const key in attributes) {
        const copy = this.#accepted(key, (attributes as Record<string, unknown>)[key]);
        if (copy !== undefined && !this.#replace(key, copy, known)) this.#append(key, copy);
      }
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

  /** The value as it is kept, undefined where there is nothing to keep. */
  #accepted(key: string, value: unknown): AnyValue | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof key !== "string" || key === "") {
      diag.warn(`attribute left out: its key is ${JSON.stringify(key)}, expected a string that is not empty`);
      return undefined;
    }
    const isPlain = typeof value === "string" ? value.length <= this.#limits.valueLengthLimit : isNumeric(value);
    if (isPlain) return value as AnyValue;
    const copy = copyValue(value, this.#limits);
    if (copy === undefined) diag.warn(`attribute ${key} left out: no attribute value (${typeof value})`);
    return copy;
  }

  /** Whether the key is among the first `known` entries; it has the value then. */
  #replace(key: string, value: AnyValue, known: number): boolean {
    const entries = this.#entries;
    for (let i = 0; i < known; i += 2) {
      if (entries[i] !== key) continue;
      entries[i + 1] = value;
      return true;
    }
    return false;
  }

  #append(key: string, value: AnyValue): void {
    const length = this.#length;
    if (length >= this.#limits.countLimit * 2) this.droppedCount++;
    else {
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
