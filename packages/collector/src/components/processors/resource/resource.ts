/**
 * Changes resource attributes in the bytes of a `Resource`: attributes that stay are copied
 * as they are, never decoded. A KeyValue is `key = 1, value = 2`, a Resource's `attributes = 1`.
 */
import { AnyValue, encode, Reader, Writer } from "@clew/otlp";
import type { Action } from "./config.ts";

const ATTRIBUTES_TAG = (1 << 3) | 2;
const KEY_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;
const NOTHING = new Uint8Array(0);

/** Returns the edited bytes of a `Resource`, or undefined where nothing changes. */
export type ResourceEdit = (resource: Uint8Array) => Uint8Array | undefined;

/** One edit that does all of them, in order. */
export function compileActions(actions: readonly Action[]): ResourceEdit {
  const edits = actions.map((action) => compile(action));
  return (resource) => {
    let current = resource;
    for (const edit of edits) current = edit(current) ?? current;
    return current === resource ? undefined : current;
  };
}

function compile({ key, action, value, from_attribute: source }: Action): ResourceEdit {
  const keyBytes = Buffer.from(key);
  if (action === "delete")
    return (resource) => (find(resource, keyBytes) === undefined ? undefined : without(resource, key));
  const sourceBytes = Buffer.from(source ?? "");
  const constant = source === undefined ? encode(AnyValue, anyValueOf(value)) : undefined;
  return (resource) => {
    const isThere = find(resource, keyBytes) !== undefined;
    if (isThere ? action === "insert" : action === "update") return undefined;
    const bytes = constant ?? find(resource, sourceBytes);
    if (bytes === undefined) return undefined;
    return withAttribute(isThere ? without(resource, key) : resource, key, bytes);
  };
}

/** The bytes of the attribute's AnyValue, found without making anything of the others. */
function find(resource: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(resource);
  while (reader.position < resource.length) {
    const tag = reader.tag();
    if (tag !== ATTRIBUTES_TAG) {
      reader.skip(tag);
      continue;
    }
    const end = reader.lengthEnd();
    const value = valueUnder(key, reader, end);
    if (value !== undefined) return value;
    reader.position = end;
  }
  return undefined;
}

/** The value of the KeyValue that ends at `end`, undefined where it has another key. */
function valueUnder(key: Uint8Array, reader: Reader, end: number): Uint8Array | undefined {
  let isKey = key.length === 0;
  let value: Uint8Array = NOTHING;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === VALUE_TAG) value = reader.span();
    else if (tag !== KEY_TAG) reader.skip(tag);
    else {
      const keyEnd = reader.lengthEnd();
      isKey = keyEnd - reader.position === key.length && isAt(key, reader.bytes, reader.position);
      reader.position = keyEnd;
    }
  }
  return isKey ? value : undefined;
}

function isAt(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
  return true;
}

function without(resource: Uint8Array, key: string): Uint8Array {
  const writer = new Writer(resource.length);
  let kept = 0;
  for (const attribute of attributesOf(resource)) {
    if (attribute.key !== key) continue;
    writer.raw(resource.subarray(kept, attribute.start));
    kept = attribute.end;
  }
  writer.raw(resource.subarray(kept));
  return writer.finish();
}

function withAttribute(resource: Uint8Array, key: string, value: Uint8Array): Uint8Array {
  const writer = new Writer(resource.length + key.length + value.length + 16);
  writer.raw(resource);
  const start = writer.begin(1);
  writer.string(1, key);
  writer.bytes(2, value);
  writer.end(start);
  return writer.take();
}

interface Attribute {
  readonly key: string;
  readonly value: Uint8Array;
  /** Where the whole field stands in the resource. */
  readonly start: number;
  readonly end: number;
}

function* attributesOf(resource: Uint8Array): Iterable<Attribute> {
  const reader = new Reader(resource);
  while (reader.position < resource.length) {
    const start = reader.position;
    const tag = reader.tag();
    if (tag !== ATTRIBUTES_TAG) {
      reader.skip(tag);
      continue;
    }
    yield { ...keyValueOf(reader.span()), start, end: reader.position };
  }
}

function keyValueOf(bytes: Uint8Array): { key: string; value: Uint8Array } {
  const reader = new Reader(bytes);
  let key = "";
  let value: Uint8Array = new Uint8Array(0);
  while (reader.position < bytes.length) {
    const tag = reader.tag();
    if (tag === KEY_TAG) key = reader.string();
    else if (tag === VALUE_TAG) value = reader.span();
    else reader.skip(tag);
  }
  return { key, value };
}

/** What YAML said, as an AnyValue: whole numbers are integers. */
function anyValueOf(value: unknown): object {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isSafeInteger(value) ? { intValue: BigInt(value) } : { doubleValue: value };
    case "bigint":
      return { intValue: value };
    default:
      return compoundOf(value);
  }
}

function compoundOf(value: unknown): object {
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => anyValueOf(item)) } };
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(value);
  return { kvlistValue: { values: entries.map(([key, item]) => ({ key, value: anyValueOf(item) })) } };
}
