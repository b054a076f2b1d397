/**
 * OTLP/JSON to OTLP protobuf, so that everything behind the receiver sees one form.
 * Names may be lowerCamelCase or snake_case, enums numbers or names, 64-bit integers
 * strings or numbers; unknown fields are ignored. (OTLP specification, "JSON Protobuf Encoding")
 */
import { encodeFrom, type Source } from "../encode.ts";
import type { Field, Message } from "../schema/message.ts";
import { malformed } from "../wire/malformed.ts";

const json: Source = { get: jsonField, scalar: jsonScalar };

/** Encodes JSON text as `message`. Throws `OTLP_MALFORMED` with the field's name where a value does not fit. */
export function fromJson(message: Message, text: string): Uint8Array {
  return encodeFrom(json, message, parse(text));
}

function parse(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(quoteLongIntegers(text));
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("expected a JSON object");
  return value;
}

const LONG_INTEGER = /[:[,]\s*-?\d{16,}\s*[,}\]]/;
/** The digits behind a decimal point or an exponent are no integer of their own. */
const BARE_LONG_INTEGERS = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** `JSON.parse` rounds integers above 2^53; as strings they stay exact. Most senders write strings already. */
function quoteLongIntegers(text: string): string {
  if (!LONG_INTEGER.test(text)) return text;
  const parts: string[] = [];
  for (let position = 0; position < text.length;) {
    const quote = text.indexOf('"', position);
    const stringStart = quote < 0 ? text.length : quote;
    parts.push(text.slice(position, stringStart).replaceAll(BARE_LONG_INTEGERS, '"$&"'));
    position = stringEnd(text, stringStart);
    parts.push(text.slice(stringStart, position));
  }
  return parts.join("");
}

/** The place behind the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function jsonField(object: object, field: Field): unknown {
  const record = object as Record<string, unknown>;
  const value = record[field.name] ?? record[field.protoName];
  if (value === undefined || value === null) return undefined;
  if (field.repeated && !Array.isArray(value)) throw wrongType(field, "an array", value);
  if (!field.repeated) return checkObject(field, value);
  for (const item of value as readonly unknown[]) checkObject(field, item);
  return value;
}

function checkObject(field: Field, value: unknown): unknown {
  if (field.message !== undefined && (typeof value !== "object" || value === null || Array.isArray(value))) {
    throw wrongType(field, "an object", value);
  }
  return value;
}

function jsonScalar(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case "string":
      return typeof value === "string" ? value : fail(field, "a string", value);
    case "bool":
      return typeof value === "boolean" ? value : fail(field, "a boolean", value);
    case "traceId":
    case "spanId":
      return idBytes(field, value);
    case "bytes":
      return typeof value === "string" && BASE64.test(value)
        ? Buffer.from(value, "base64")
        : fail(field, "a base64 string", value);
    case "enum":
      return enumNumber(field, value);
    case "double":
      return double(field, value);
    case "int64":
    case "sfixed64":
      return integer(field, value, -(2n ** 63n), 2n ** 63n - 1n);
    case "uint64":
    case "fixed64":
      return integer(field, value, 0n, 2n ** 64n - 1n);
    case "sint32":
    case "int32":
      return Number(integer(field, value, INT32_LEAST, INT32_GREATEST));
    default:
      return Number(integer(field, value, 0n, 2n ** 32n - 1n));
  }
}

const INT32_LEAST = -(2n ** 31n);
const INT32_GREATEST = 2n ** 31n - 1n;
/** Of the usual or the URL-safe alphabet, padded or not. */
const BASE64 = /^[\w+/-]*={0,2}$/;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;

function idBytes(field: Field, value: unknown): Uint8Array {
  const size = field.kind === "traceId" ? 16 : 8;
  if (typeof value !== "string" || !HEX.test(value)) throw wrongType(field, "a hexadecimal string", value);
  if (value.length !== 0 && value.length !== size * 2) {
    throw malformed(`invalid length for ${field.kind === "traceId" ? "TraceID" : "SpanID"}`, field.name);
  }
  return Buffer.from(value, "hex");
}

function enumNumber(field: Field, value: unknown): number {
  const index = field.names?.indexOf(String(value)) ?? -1;
  return index >= 0 ? index : Number(integer(field, value, INT32_LEAST, INT32_GREATEST));
}

const DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function double(field: Field, value: unknown): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : fail(field, "a number", value);
}

function integer(field: Field, value: unknown, least: bigint, greatest: bigint): bigint {
  const exact = exactInteger(value);
  if (exact === undefined || exact < least || exact > greatest)
    throw wrongType(field, `an integer (${field.kind})`, value);
  return exact;
}

function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  return undefined;
}

function fail(field: Field, expected: string, value: unknown): never {
  throw wrongType(field, expected, value);
}

function wrongType(field: Field, expected: string, value: unknown): Error {
  return malformed(`expected ${expected}, got ${JSON.stringify(value)?.slice(0, 80)}`, field.name);
}
