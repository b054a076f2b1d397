/**
 * OTLP protobuf to OTLP/JSON: ids in hexadecimal, 64-bit integers as strings, enums as
 * numbers, bytes in base64, names in lowerCamelCase, absent fields left out.
 * (OTLP specification, "JSON Protobuf Encoding")
 */
import { decodeAs, readScalar, type DecodedMessage, type Representation } from "../decode.ts";
import type { Field, Message } from "../schema/message.ts";
import type { Reader } from "../wire/reader.ts";

const json: Representation = { scalar: jsonScalar, fillsDefaults: false };

/** The JSON value (give it to `JSON.stringify`) of protobuf bytes that were validated. */
export function toJson(message: Message, bytes: Uint8Array): DecodedMessage {
  return decodeAs(json, message, bytes);
}

function jsonScalar(field: Field, reader: Reader): unknown {
  const value = readScalar(field, reader);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return isJsonNumber(value) ? value : wordFor(value);
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value).toString(field.kind === "bytes" ? "base64" : "hex");
}

/** `JSON.stringify` would write null for a number that isn't finite, and forget the sign of -0. */
function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

/** protobuf's JSON mapping takes numbers as strings too. */
function wordFor(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
