/** What an attribute or a log body may be, made safe to keep and written as OTLP's `AnyValue`. */
import type { Writer } from "@clew/otlp";

/** How deep a value may be nested before the rest is left out. Specification: `AttributeValueDepthLimit`. */
const DEPTH_LIMIT = 64;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Any value that OTLP can carry. */
export type AnyValue = string | number | boolean | bigint | Uint8Array | readonly AnyValue[] | AnyValueMap | null;
interface AnyValueMap {
  readonly [key: string]: AnyValue;
}

/**
 * A copy of `value` that later changes by its owner do not reach, its strings and bytes cut to
 * `lengthLimit`. `undefined` when OTLP has nothing for it (functions, symbols, `undefined`).
 */
export function copyValue(value: unknown, lengthLimit: number, depth = 0): AnyValue | undefined {
  switch (typeof value) {
    case "string":
      return value.length > lengthLimit ? cut(value, lengthLimit) : value;
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return value >= INT64_MIN && value <= INT64_MAX ? value : value.toString();
    case "object":
      return copyObject(value, lengthLimit, depth);
    default:
      return undefined;
  }
}

function copyObject(value: object | null, lengthLimit: number, depth: number): AnyValue {
  if (value === null || depth >= DEPTH_LIMIT) return null;
  if (value instanceof Uint8Array) return value.slice(0, Math.min(value.length, lengthLimit));
  if (Array.isArray(value)) return value.map((item) => copyValue(item, lengthLimit, depth + 1) ?? null);
  if (value instanceof Date) return copyValue(dateText(value), lengthLimit) ?? null;
  const entries: [string, AnyValue][] = [];
  for (const [key, item] of value instanceof Map ? value : Object.entries(value)) {
    const copy = copyValue(item, lengthLimit, depth + 1);
    if (copy !== undefined) entries.push([String(key), copy]);
  }
  return Object.fromEntries(entries);
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
