/** OTLP's attribute values as people read them. */
import type { AnyValue } from "../api/types.ts";

/** How deep lists and maps are followed; OTLP sets no limit of its own. */
const MAX_DEPTH = 32;

/** The value as a plain JavaScript value; 64-bit integers that a number cannot hold stay text. */
export function plainOf(value: AnyValue, depth = 0): unknown {
  if (depth > MAX_DEPTH) return "…";
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return integerOf(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.bytesValue !== undefined) return value.bytesValue;
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map((item) => plainOf(item, depth + 1));
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries(
      (value.kvlistValue.values ?? []).map((item) => [item.key, plainOf(item.value, depth + 1)]),
    );
  }
  return null;
}

/** One text: strings as they are, lists and maps as indented JSON, nothing as the empty text. */
export function textOfValue(value: AnyValue): string {
  const plain = plainOf(value);
  if (typeof plain === "string") return plain;
  if (plain === null) return "";
  return JSON.stringify(plain, undefined, 2);
}

/** The name of the value's type, where it is worth telling: not for text. */
export function typeOfValue(value: AnyValue): string | undefined {
  if (value.boolValue !== undefined) return "bool";
  if (value.intValue !== undefined) return "int";
  if (value.doubleValue !== undefined) return "double";
  if (value.bytesValue !== undefined) return "bytes, base64";
  if (value.arrayValue !== undefined) return "array";
  if (value.kvlistValue !== undefined) return "map";
  return undefined;
}

function integerOf(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
