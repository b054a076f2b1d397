/** Values as Go writes them: `encoding/json` of raw pdata, and pdata's `AsString`. */
import { AttributesView } from "@clew/otlp";
import { OttlError } from "./ottl-error.ts";
import { Duration, goType, Id, Time, type OttlValue } from "./ottl-value.ts";
import { formatTime } from "./time/strptime.ts";

/** How deep values may nest to be written. */
const MAX_DEPTH = 256;

/** JSON with sorted keys and without `<`, `>` and `&`, as `json.Marshal` writes it. */
export function goJson(value: OttlValue, depth = 0): string {
  if (depth > MAX_DEPTH) throw new OttlError(`a value is nested deeper than ${MAX_DEPTH} levels`);
  switch (typeof value) {
    case "string":
      return jsonString(value);
    case "number":
      if (!Number.isFinite(value)) throw new OttlError(`json: unsupported value: ${goFloat(value)}`);
      return goFloat(value);
    case "bigint":
    case "boolean":
      return String(value);
    default:
      return jsonObject(value, depth);
  }
}

function jsonObject(value: Exclude<OttlValue, string | number | bigint | boolean>, depth: number): string {
  if (value === null) return "null";
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString("base64")}"`;
  if (value instanceof Time)
    return `"${formatTime(`%Y-%m-%dT%H:%M:%S.%s${value.zone.name === "UTC" ? "Z" : "%j"}`, value)}"`;
  if (value instanceof Duration) return String(value.nanos);
  if (value instanceof Id) return `[${value.bytes.join(",")}]`;
  if (Array.isArray(value)) return `[${value.map((one) => goJson(one as OttlValue, depth + 1)).join(",")}]`;
  if (!(value instanceof Map || value instanceof AttributesView))
    throw new OttlError(`unsupported type: ${goType(value)}`);
  const entries = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${jsonString(key)}:${goJson(one as OttlValue, depth + 1)}`).join(",")}}`;
}

const ESCAPED = /[<>&\u2028\u2029]/g;

function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll(ESCAPED, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A float as Go's JSON writes it, with Go's names for what is no number. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** pdata's `Value.AsString`: what JSON cannot hold makes a map or a list empty. */
export function asString(value: OttlValue): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) ? goFloat(value) : `json: unsupported value: ${goFloat(value)}`;
    case "bigint":
    case "boolean":
      return String(value);
    default:
      if (value === null) return "";
      if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
      return goJsonOrNothing(value);
  }
}

function goJsonOrNothing(value: OttlValue): string {
  try {
    return goJson(value);
  } catch (error) {
    if (error instanceof OttlError) return "";
    throw error;
  }
}
