/** A trace in the JSON that Jaeger's API answers and its UI keeps in files. */
import { ClewError } from "@clew/base";
import type { AnyValueObject, Payload } from "@clew/otlp";
import type { JaegerProcess, JaegerReference, JaegerSpan, Tag } from "./jaeger-span.ts";
import { payloadOfBatch } from "./translate.ts";

const NANOS_PER_MICRO = 1_000n;
const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

type Json = Readonly<Record<string, unknown>>;

/**
 * One element of `{"data": [...]}`: `{"traceID", "spans": [...], "processes": {...}}`. Undefined where it has no span.
 * Throws `JAEGER_MALFORMED`.
 */
export function payloadOfJaegerTrace(trace: unknown): Payload | undefined {
  const { spans, processes = {} } = objectOf(trace, "a trace");
  const byId = objectOf(processes, "a map of processes");
  return payloadOfBatch({
    process: undefined,
    spans: listOf(spans, "spans").map((span) => spanOf(span, byId)),
  });
}

function spanOf(span: Json, processes: Json): JaegerSpan {
  const parent = span["parentSpanID"];
  const startTimeUnixNano = timeOf(span["startTime"], "startTime");
  const durationNano = nanosOf(span["duration"] ?? 0, "duration");
  if (startTimeUnixNano + durationNano < 0n) throw malformed("it ends before all times");
  return {
    traceId: idOf(span["traceID"], TRACE_ID_DIGITS, "traceID"),
    spanId: idOf(span["spanID"], SPAN_ID_DIGITS, "spanID"),
    parentSpanId: isAbsent(parent) ? undefined : idOf(parent, SPAN_ID_DIGITS, "parentSpanID"),
    operationName: textOf(span["operationName"], "operationName"),
    references: listOf(span["references"], "references").map(referenceOf),
    flags: typeof span["flags"] === "number" ? span["flags"] : 0,
    startTimeUnixNano,
    durationNano,
    tags: tagsOf(span["tags"]),
    logs: listOf(span["logs"], "logs").map(({ timestamp, fields }) => ({
      timeUnixNano: timeOf(timestamp, "timestamp"),
      fields: tagsOf(fields),
    })),
    process: processOf(span["process"] ?? processes[textOf(span["processID"] ?? "", "processID")]),
  };
}

function processOf(process: unknown): JaegerProcess | undefined {
  if (process === undefined || process === null) return undefined;
  const { serviceName, tags } = objectOf(process, "a process");
  return { serviceName: textOf(serviceName ?? "", "serviceName"), tags: tagsOf(tags) };
}

function referenceOf({ refType, traceID, spanID }: Json): JaegerReference {
  return {
    traceId: idOf(traceID, TRACE_ID_DIGITS, "traceID"),
    spanId: idOf(spanID, SPAN_ID_DIGITS, "spanID"),
    isChildOf: refType === "CHILD_OF",
  };
}

function tagsOf(tags: unknown): Tag[] {
  return listOf(tags, "tags").map(({ key, type, value }) => [textOf(key, "key"), valueOf(type, value)]);
}

/** Some stores give every value as text; where the type is missing, JSON's own tells. */
function valueOf(type: unknown, value: unknown): AnyValueObject {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? "");
  switch (type ?? typeof value) {
    case "bool":
    case "boolean":
      return { boolValue: text === "true" };
    case "int64":
      return isInt64(text) ? { intValue: BigInt(text) } : { stringValue: text };
    case "float64":
      return { doubleValue: Number(text) };
    case "number":
      return Number.isSafeInteger(value) ? { intValue: BigInt(value as number) } : { doubleValue: Number(text) };
    case "binary":
      return { bytesValue: Buffer.from(text, "base64") };
    default:
      return { stringValue: text };
  }
}

function isInt64(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function isAbsent(id: unknown): boolean {
  return id === undefined || id === null || id === "" || (typeof id === "string" && /^0+$/.test(id));
}

/** Ids come without their leading zeros. */
function idOf(value: unknown, digits: number, name: string): Buffer {
  if (typeof value === "string" && value.length <= digits && /^[\da-f]+$/i.test(value))
    return Buffer.from(value.padStart(digits, "0"), "hex");
  throw malformed(`${name} is no id of up to ${digits} hexadecimal digits: ${shown(value)}`);
}

function timeOf(value: unknown, name: string): bigint {
  const nanos = nanosOf(value, name);
  if (nanos < 0n) throw malformed(`${name} is before all times: ${shown(value)}`);
  return nanos;
}

/** Of microseconds; a span that ends before it starts has less than none. */
function nanosOf(value: unknown, name: string): bigint {
  const micros = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof micros === "number" && Number.isSafeInteger(Math.round(micros)))
    return BigInt(Math.round(micros)) * NANOS_PER_MICRO;
  throw malformed(`${name} is no number of microseconds: ${shown(value)}`);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw malformed(`${name} is no text: ${shown(value)}`);
}

function listOf(value: unknown, name: string): Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed(`${name} is no list: ${shown(value)}`);
  return value.map((one) => objectOf(one, `one of ${name}`));
}

function objectOf(value: unknown, name: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw malformed(`${name} is no object: ${shown(value)}`);
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 50) ?? "nothing";
}

function malformed(what: string): ClewError {
  return new ClewError("JAEGER_MALFORMED", what, { remedy: "give traces as Jaeger's API answers them" });
}
