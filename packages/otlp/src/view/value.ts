/** OTLP's AnyValue as JavaScript: what each kind of it becomes, and back. */
import type { AnyValueObject } from "../decoded.ts";
import { MAX_NESTING } from "../schema/message.ts";
import { malformed } from "../wire/malformed.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/** Integers are `bigint` and doubles `number`, so that none turns into the other; an empty AnyValue is null. */
export type Value = null | string | boolean | bigint | number | Uint8Array | readonly Value[] | ValueMap;

/** A kvlist, in the order of its keys on the wire. */
export type ValueMap = ReadonlyMap<string, Value>;

/** The value that an AnyValue's `bytes` hold. Bytes share memory. Throws `OTLP_MALFORMED`. */
export function valueFromBytes(bytes: Uint8Array): Value {
  return readValue(new Reader(bytes), bytes.length, 0);
}

/** Reads an AnyValue that stands from the reader's position to `end`. */
export function readValue(reader: Reader, end: number, depth = 0): Value {
  if (depth > MAX_NESTING) throw malformed(`proto: exceeded the nesting limit of ${MAX_NESTING}`);
  let value: Value = null;
  while (reader.position < end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1:
        value = reader.string();
        break;
      case 2:
        value = reader.varint() !== 0;
        break;
      case 3:
        value = reader.int64();
        break;
      case 4:
        value = reader.double();
        break;
      case 5:
        value = readArray(reader, reader.lengthEnd(), depth);
        break;
      case 6:
        value = readMap(reader, reader.lengthEnd(), depth);
        break;
      case 7:
        value = reader.span();
        break;
      default:
        reader.skip(tag);
    }
  }
  return value;
}

function readArray(reader: Reader, end: number, depth: number): Value[] {
  const values: Value[] = [];
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === VALUES_TAG) values.push(readValue(reader, reader.lengthEnd(), depth + 1));
    else reader.skip(tag);
  }
  return values;
}

function readMap(reader: Reader, end: number, depth: number): ValueMap {
  const values = new Map<string, Value>();
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag !== VALUES_TAG) {
      reader.skip(tag);
      continue;
    }
    const { key, value } = readKeyValue(reader, reader.lengthEnd(), depth + 1);
    if (!values.has(key)) values.set(key, value);
  }
  return values;
}

const VALUES_TAG = (1 << 3) | 2;
const KEY_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;

/** Reads a KeyValue that stands from the reader's position to `end`. */
export function readKeyValue(reader: Reader, end: number, depth = 0): { key: string; value: Value } {
  let key = "";
  let value: Value = null;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === KEY_TAG) key = reader.string();
    else if (tag === VALUE_TAG) value = readValue(reader, reader.lengthEnd(), depth);
    else reader.skip(tag);
  }
  return { key, value };
}

/** The value in the shape that `decode` gives and `encode` takes. */
export function valueObject(value: Value): AnyValueObject {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "bigint":
      return { intValue: value };
    case "number":
      return { doubleValue: value };
    default:
      return compoundObject(value);
  }
}

function compoundObject(value: null | Uint8Array | readonly Value[] | ValueMap): AnyValueObject {
  if (value === null) return {};
  if (value instanceof Uint8Array) return { bytesValue: value };
  if (value instanceof Map) {
    const values = [...(value as ValueMap)].map(([key, inner]) => ({ key, value: valueObject(inner) }));
    return { kvlistValue: { values } };
  }
  return { arrayValue: { values: (value as readonly Value[]).map((inner) => valueObject(inner)) } };
}

/** The bytes of the AnyValue that is `value`. Throws `OTLP_MALFORMED` where it nests deeper than readers accept. */
export function valueBytes(value: Value): Uint8Array {
  const writer = new Writer(64);
  writeValue(writer, value, 0);
  return writer.finish();
}

/** Writes the KeyValue as field `number`. */
export function writeKeyValue(writer: Writer, number: number, key: string, value: Value, depth = 0): void {
  const start = writer.begin(number);
  writer.string(1, key);
  writeValueField(writer, 2, value, depth);
  writer.end(start);
}

function writeValueField(writer: Writer, number: number, value: Value, depth: number): void {
  const start = writer.begin(number);
  writeValue(writer, value, depth);
  writer.end(start);
}

function writeValue(writer: Writer, value: Value, depth: number): void {
  if (depth > MAX_NESTING) throw malformed(`proto: exceeded the nesting limit of ${MAX_NESTING}`);
  switch (typeof value) {
    case "string":
      return writer.string(1, value);
    case "boolean":
      return writer.bool(2, value);
    case "bigint":
      return writer.int64(3, value);
    case "number":
      return writer.double(4, value);
    default:
      return writeCompound(writer, value, depth);
  }
}

function writeCompound(writer: Writer, value: null | Uint8Array | readonly Value[] | ValueMap, depth: number): void {
  if (value === null) return;
  if (value instanceof Uint8Array) return writer.bytes(7, value);
  const start = writer.begin(value instanceof Map ? 6 : 5);
  if (value instanceof Map) {
    for (const [key, inner] of value as ValueMap) writeKeyValue(writer, 1, key, inner, depth + 1);
  } else {
    for (const inner of value as readonly Value[]) writeValueField(writer, 1, inner, depth + 1);
  }
  writer.end(start);
}
