import type { Payload } from "./payload.ts";
import { PROTOCOLS } from "./signal.ts";
import { validate, type Counts } from "./validate.ts";
import { Reader } from "./wire/reader.ts";
import { LENGTH_DELIMITED } from "./wire/wire-type.ts";
import { Writer } from "./wire/writer.ts";

// The same in all three signals: ResourceX is `resource = 1, scope_x = 2, schema_url = 3`, and
// ScopeX is `scope = 1, records = 2, schema_url = 3`.
const CHILD = 2;
const CHILD_TAG = (CHILD << 3) | LENGTH_DELIMITED;
const RESOURCE_TAG = (1 << 3) | LENGTH_DELIMITED;

/** The span, metric or log record, and what stands around it, as bytes of their messages. */
export interface RecordPlace {
  readonly record: Uint8Array;
  /** The bytes of its `Resource`; empty where there is none. */
  readonly resource: Uint8Array;
}

/** One ResourceX or ScopeX: its parts, and whatever else is in it as whole fields. */
interface Parts {
  readonly children: readonly Uint8Array[];
  readonly around: readonly Uint8Array[];
}

/**
 * Parts a payload by what `keyOf` says of each span, metric or log record. Each part keeps the
 * order, and the resources and scopes that it needs; records are copied, never decoded. A
 * payload whose records all have one key comes back as it is.
 */
export function partitionPayload(payload: Payload, keyOf: (place: RecordPlace) => string): Map<string, Payload> {
  const writers = new Map<string, Writer>();
  for (const chunk of payload.chunks) {
    const reader = new Reader(chunk);
    while (reader.position < chunk.length) {
      const tag = reader.tag();
      if (tag === RESOURCE_TAG) partitionResource(reader.span(), keyOf, writers);
      else reader.skip(tag);
    }
  }
  if (writers.size === 1) return new Map([[[...writers.keys()][0]!, payload]]);
  return new Map([...writers].map(([key, writer]) => [key, partOf(payload, writer.finish())]));
}

function partOf(payload: Payload, bytes: Uint8Array): Payload {
  const counts: Readonly<Counts> = validate(PROTOCOLS[payload.signal].request, bytes);
  return { ...payload, chunks: [bytes], byteLength: bytes.length, counts };
}

function partitionResource(
  bytes: Uint8Array,
  keyOf: (place: RecordPlace) => string,
  writers: Map<string, Writer>,
): void {
  const { children: scopes, around } = partsOf(bytes);
  const resource = resourceOf(bytes);
  // key --> for each scope that has any, its other fields and its records
  const groups = new Map<string, Parts[]>();
  for (const scope of scopes) {
    const parts = partsOf(scope);
    const byKey = new Map<string, Uint8Array[]>();
    for (const record of parts.children) push(byKey, keyOf({ record, resource }), record);
    for (const [key, children] of byKey) push(groups, key, { children, around: parts.around });
  }
  for (const [key, group] of groups) writeResource(writerOf(writers, key), around, group);
}

function writeResource(writer: Writer, around: readonly Uint8Array[], scopes: readonly Parts[]): void {
  const start = writer.begin(1);
  for (const field of around) writer.raw(field);
  for (const scope of scopes) {
    const scopeStart = writer.begin(CHILD);
    for (const field of scope.around) writer.raw(field);
    for (const record of scope.children) writer.bytes(CHILD, record);
    writer.end(scopeStart);
  }
  writer.end(start);
}

function partsOf(bytes: Uint8Array): Parts {
  const reader = new Reader(bytes);
  const children: Uint8Array[] = [];
  const around: Uint8Array[] = [];
  while (reader.position < bytes.length) {
    const start = reader.position;
    const tag = reader.tag();
    if (tag === CHILD_TAG) children.push(reader.span());
    else {
      reader.skip(tag);
      around.push(bytes.subarray(start, reader.position));
    }
  }
  return { children, around };
}

function resourceOf(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes);
  let resource: Uint8Array = new Uint8Array(0);
  while (reader.position < bytes.length) {
    const tag = reader.tag();
    if (tag === RESOURCE_TAG)
      resource = resource.length === 0 ? reader.span() : Buffer.concat([resource, reader.span()]);
    else reader.skip(tag);
  }
  return resource;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

function writerOf(writers: Map<string, Writer>, key: string): Writer {
  let writer = writers.get(key);
  if (writer === undefined) {
    writer = new Writer(1_024);
    writers.set(key, writer);
  }
  return writer;
}

const TRACE_ID_FIELDS: Readonly<Record<"traces" | "logs", number>> = { traces: 1, logs: 9 };

/** A span's or log record's trace id as latin1 text of its bytes; empty where there is none. */
export function traceIdOf(signal: "traces" | "logs", record: Uint8Array): string {
  const wanted = (TRACE_ID_FIELDS[signal] << 3) | LENGTH_DELIMITED;
  const reader = new Reader(record);
  let id = "";
  while (reader.position < record.length) {
    const tag = reader.tag();
    if (tag !== wanted) {
      reader.skip(tag);
      continue;
    }
    const end = reader.lengthEnd();
    id = reader.bytes.toString("latin1", reader.position, end);
    reader.position = end;
  }
  return id;
}
