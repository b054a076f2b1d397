/** What an attribute or a log body may be, made safe to keep and written as OTLP's `AnyValue`. */
import type { Writer } from "@clew/otlp";

/** How many arrays and maps a value may hold; those beyond are left out, else a graph could grow without end when it is copied. */
const MAX_CONTAINERS = 10_000;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Any value that OTLP can carry. */
export type AnyValue = string | number | boolean | bigint | Uint8Array | readonly AnyValue[] | AnyValueMap | null;
export interface AnyValueMap {
  readonly [key: string]: AnyValue;
}

/** Limits of one value. Source: specification, "Attribute limits". */
export interface ValueLimits {
  /** How many characters of a string, or bytes, are kept. */
  readonly valueLengthLimit: number;
  /** How deep arrays and maps may be nested, the outermost counting as 1; deeper ones become empty values. */
  readonly valueDepthLimit: number;
}

/** Also keeps what is no attribute, and so has no limits, from being nested without end. */
export const DEFAULT_DEPTH_LIMIT = 64;
const ANY_LENGTH: ValueLimits = { valueLengthLimit: Infinity, valueDepthLimit: DEFAULT_DEPTH_LIMIT };

/**
 * A copy of `value` that later changes by its owner do not reach, within limits. `undefined` when OTLP has nothing for it
 * (functions, symbols, `undefined`), and when reading it throws. Never throws.
 */
export function copyValue(value: unknown, limits: ValueLimits = ANY_LENGTH): AnyValue | undefined {
  if (typeof value !== "object") return copyPrimitive(value, limits);
  try {
    return (Array.isArray(value) ? copyPlainList(value, limits) : undefined) ?? new ObjectCopy(limits).of(value);
  } catch {
    return undefined;
  }
}

/** Almost every list is of plain values. Undefined where one of them is not. */
function copyPlainList(list: readonly unknown[], limits: ValueLimits): AnyValue[] | undefined {
  const copy: AnyValue[] = [];
  for (const item of list) {
    if (typeof item === "object" && item !== null) return undefined;
    copy.push(copyPrimitive(item, limits) ?? null);
  }
  return copy;
}

function copyPrimitive(value: unknown, { valueLengthLimit }: ValueLimits): AnyValue | undefined {
  switch (typeof value) {
    case "string":
      return value.length > valueLengthLimit ? cut(value, valueLengthLimit) : value;
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return value >= INT64_MIN && value <= INT64_MAX ? value : value.toString();
    default:
      return undefined;
  }
}

/** Copies one object with all that it holds. An object that holds itself becomes empty where it does. */
class ObjectCopy {
  readonly #limits: ValueLimits;
  readonly #around: object[] = [];
  #containerCount = 0;

  constructor(limits: ValueLimits) {
    this.#limits = limits;
  }

  of(value: unknown): AnyValue | undefined {
    if (typeof value !== "object") return copyPrimitive(value, this.#limits);
    if (value === null) return null;
    if (value instanceof Uint8Array) return value.slice(0, Math.min(value.length, this.#limits.valueLengthLimit));
    if (value instanceof Date) return copyPrimitive(dateText(value), this.#limits);
    return this.#container(value);
  }

  #container(value: object): AnyValue {
    if (this.#around.length >= this.#limits.valueDepthLimit || this.#around.includes(value)) return null;
    if (++this.#containerCount > MAX_CONTAINERS) return null;
    this.#around.push(value);
    const copy = Array.isArray(value) ? value.map((item) => this.of(item) ?? null) : this.#map(value);
    this.#around.pop();
    return copy;
  }

  #map(value: object): AnyValueMap {
    const entries: [string, AnyValue][] = [];
    for (const [key, item] of value instanceof Map ? value : Object.entries(value)) {
      const copy = this.of(item);
      if (copy !== undefined) entries.push([String(key), copy]);
    }
    return Object.fromEntries(entries);
  }
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? "Invalid Date" : date.toISOString();
}

/** The first `limit` characters, without half a surrogate pair at the end. */
function cut(text: string, limit: number): string {
  const last = text.charCodeAt(limit - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? limit - 1 : limit);
}

/** Writes a `KeyValue` message. */
export function writeKeyValue(writer: Writer, field: number, key: string, value: AnyValue): void {
  const start = writer.begin(field);
  writer.string(1, key);
  writeAnyValue(writer, 2, value);
  writer.end(start);
}

/** Writes an `AnyValue` message; `null` is one without a value. */
export function writeAnyValue(writer: Writer, field: number, value: AnyValue): void {
  const start = writer.begin(field);
  if (typeof value === "string") writer.string(1, value);
  else if (typeof value === "number") writeNumber(writer, value);
  else if (typeof value === "boolean") writer.bool(2, value);
  else if (typeof value === "bigint") writer.int64(3, value);
  else if (value instanceof Uint8Array) writer.bytes(7, value);
  else if (value !== null) writeNested(writer, value);
  writer.end(start);
}

/** JavaScript has one number type: whole numbers go as integers, as in the official SDK. */
function writeNumber(writer: Writer, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.int(3, value);
  else writer.double(4, value);
}

function writeNested(writer: Writer, value: readonly AnyValue[] | AnyValueMap): void {
  const isList = isArray(value);
  const start = writer.begin(isList ? 5 : 6);
  if (isList) for (const item of value) writeAnyValue(writer, 1, item);
  else for (const [key, item] of Object.entries(value)) writeKeyValue(writer, 1, key, item);
  writer.end(start);
}

function isArray(value: readonly AnyValue[] | AnyValueMap): value is readonly AnyValue[] {
  return Array.isArray(value);
}
