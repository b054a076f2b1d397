/** Writes plain objects, as `decode` makes them, into protobuf. Absent properties and zeros are left out. */
import type { Field, Message } from "./schema/message.ts";
import { isPackable, MAX_NESTING } from "./schema/message.ts";
import { malformed } from "./wire/malformed.ts";
import { Writer } from "./wire/writer.ts";

/** How one encoder looks into the objects it is given. */
export interface Source {
  /** The value of a field, or undefined where it is not set. */
  get(object: object, field: Field): unknown;
  /** A scalar in the form that `writeScalar` takes; throws where it has the wrong type. */
  scalar(field: Field, value: unknown): unknown;
}

const native: Source = {
  get: (object, field) => (object as Record<string, unknown>)[field.name],
  scalar: (_field, value) => value,
};

/** Throws `OTLP_MALFORMED` where messages nest deeper than readers accept. */
export function encode(message: Message, object: object): Uint8Array {
  return encodeFrom(native, message, object);
}

export function encodeFrom(source: Source, message: Message, object: object): Uint8Array {
  const writer = new Writer();
  writeMessage(source, message, object, writer);
  return writer.finish();
}

function writeMessage(source: Source, message: Message, object: object, writer: Writer, depth = 0): void {
  if (depth > MAX_NESTING) throw malformed(`proto: exceeded the nesting limit of ${MAX_NESTING}`);
  for (const field of message.fields) {
    const value = source.get(object, field);
    if (value === undefined || value === null) continue;
    if (field.repeated) writeRepeated(source, field, value as readonly unknown[], writer, depth);
    else if (field.message !== undefined) writeNested(source, field, value, writer, depth);
    else writeSet(source, field, value, writer);
  }
}

/** Writes one field that holds no message, as `decode` gives it; a zero that says nothing is left out. */
export function writeField(field: Field, value: unknown, writer: Writer): void {
  if (field.repeated) writeRepeated(native, field, value as readonly unknown[], writer, 0);
  else writeSet(native, field, value, writer);
}

function writeRepeated(source: Source, field: Field, values: readonly unknown[], writer: Writer, depth: number): void {
  if (values.length === 0) return;
  if (!isPackable(field.kind)) {
    for (const value of values) {
      if (field.message === undefined) writeScalar(field, source.scalar(field, value), writer);
      else writeNested(source, field, value as object, writer, depth);
    }
    return;
  }
  const start = writer.begin(field.number);
  for (const value of values) writePacked(field, source.scalar(field, value), writer);
  writer.end(start);
}

function writeNested(source: Source, field: Field, value: object, writer: Writer, depth: number): void {
  const start = writer.begin(field.number);
  writeMessage(source, field.message!(), value, writer, depth + 1);
  writer.end(start);
}

function writeSet(source: Source, field: Field, value: unknown, writer: Writer): void {
  const scalar = source.scalar(field, value);
  if (!field.explicit && isZero(scalar)) return;
  writeScalar(field, scalar, writer);
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === "" || value === false || value === 0n || Object.is(value, 0);
}

function writeScalar(field: Field, value: unknown, writer: Writer): void {
  switch (field.kind) {
    case "string":
      return writer.string(field.number, value as string);
    case "bytes":
    case "traceId":
    case "spanId":
      return writer.bytes(field.number, value as Uint8Array);
    case "bool":
      return writer.bool(field.number, value as boolean);
    case "int64":
    case "uint64":
      return writer.int64(field.number, value as bigint);
    case "sint32":
      return writer.sint32(field.number, value as number);
    case "fixed32":
      return writer.fixed32(field.number, value as number);
    case "fixed64":
    case "sfixed64":
      return writer.fixed64(field.number, value as bigint);
    case "double":
      return writer.double(field.number, value as number);
    default:
      return writer.int(field.number, value as number);
  }
}

/** The packed lists of OTLP are bucket counts (`fixed64`, `uint64`) and bucket bounds (`double`). */
function writePacked(field: Field, value: unknown, writer: Writer): void {
  if (field.kind === "double") writer.rawDouble(value as number);
  else if (field.kind === "fixed64") writer.rawFixed64(value as bigint);
  else writer.varint64(value as bigint);
}
