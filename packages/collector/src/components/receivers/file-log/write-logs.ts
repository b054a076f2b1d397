/** Writes entries as an OTLP request. */
import { Writer } from "@clew/otlp";
import { isMap, type ExprValue } from "../../../expr/value.ts";
import type { Entry, MutableMap } from "./entry.ts";

const SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** `INFO`, `INFO2` …, empty for 0. */
export function severityName(number: number): string {
  if (number < 1 || number > 24) return "";
  const step = (number - 1) % 4;
  return `${SEVERITIES[Math.floor((number - 1) / 4)]}${step === 0 ? "" : step + 1}`;
}

/** Entries of one resource and scope stand together, in the order they came. */
export function writeLogs(entries: readonly Entry[]): Uint8Array {
  const writer = new Writer();
  const byResource = grouped(entries, ({ resource }) => JSON.stringify(resource, bigintText));
  for (const group of byResource.values()) {
    const start = writer.begin(1);
    const resourceStart = writer.begin(1);
    writeMap(writer, 1, group[0]!.resource);
    writer.end(resourceStart);
    for (const [scope, ofScope] of grouped(group, ({ scopeName }) => scopeName)) {
      const scopeStart = writer.begin(2);
      const nameStart = writer.begin(1);
      if (scope !== "") writer.string(1, scope);
      writer.end(nameStart);
      for (const entry of ofScope) writeRecord(writer, entry);
      writer.end(scopeStart);
    }
    writer.end(start);
  }
  return writer.finish();
}

function grouped(entries: readonly Entry[], keyOf: (entry: Entry) => string): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

function writeRecord(writer: Writer, entry: Entry): void {
  const start = writer.begin(2);
  if (entry.timeUnixNano !== 0n) writer.fixed64(1, entry.timeUnixNano);
  writer.fixed64(11, entry.observedTimeUnixNano);
  writer.uint(2, entry.severityNumber);
  const severityText = entry.severityText === "" ? severityName(entry.severityNumber) : entry.severityText;
  if (severityText !== "") writer.string(3, severityText);
  if (entry.body !== undefined && entry.body !== null) {
    const body = writer.begin(5);
    writeValue(writer, entry.body);
    writer.end(body);
  }
  writeMap(writer, 6, entry.attributes);
  if (entry.flags !== 0) writer.fixed32(8, entry.flags);
  if (entry.traceId !== undefined) writer.bytes(9, entry.traceId);
  if (entry.spanId !== undefined) writer.bytes(10, entry.spanId);
  writer.end(start);
}

/** Lines as they stand in their file, of one resource without attributes: no object a line. */
export function writeLines(
  lines: Iterable<Uint8Array>,
  attributes: MutableMap,
  observedTimeUnixNano: bigint,
): Uint8Array {
  const common = new Writer(256);
  writeMap(common, 6, attributes);
  common.fixed64(11, observedTimeUnixNano);
  const writer = new Writer();
  const start = writer.begin(1);
  writer.end(writer.begin(1));
  const scopeStart = writer.begin(2);
  writer.end(writer.begin(1));
  for (const line of lines) {
    const record = writer.begin(2);
    const body = writer.begin(5);
    writer.bytes(1, line);
    writer.end(body);
    writer.raw(common.view());
    writer.end(record);
  }
  writer.end(scopeStart);
  writer.end(start);
  return writer.finish();
}

function writeMap(writer: Writer, field: number, map: { readonly [key: string]: ExprValue }): void {
  for (const [key, value] of Object.entries(map)) {
    const start = writer.begin(field);
    writer.string(1, key);
    const valueStart = writer.begin(2);
    writeValue(writer, value);
    writer.end(valueStart);
    writer.end(start);
  }
}

/** The members of an `AnyValue`. Nothing is an empty one. */
function writeValue(writer: Writer, value: ExprValue): void {
  if (typeof value === "string") writer.string(1, value);
  else if (typeof value === "boolean") writer.bool(2, value);
  else if (typeof value === "bigint") writer.int64(3, value);
  else if (typeof value === "number") writer.double(4, value);
  else if (value instanceof Uint8Array) writer.bytes(7, value);
  else if (Array.isArray(value)) writeList(writer, value as readonly ExprValue[]);
  else if (isMap(value)) {
    const start = writer.begin(6);
    writeMap(writer, 1, value);
    writer.end(start);
  }
}

function writeList(writer: Writer, values: readonly ExprValue[]): void {
  const start = writer.begin(5);
  for (const value of values) {
    const itemStart = writer.begin(1);
    writeValue(writer, value);
    writer.end(itemStart);
  }
  writer.end(start);
}
