import { Reader } from "@clew/otlp";

/** Where parts of a message stand: start, end, start, end, …; a part may come in several pieces, which merge. */
export type Ranges = number[];

/** Told of each part of a request in order: a resource, its scopes, and each scope's records. */
export interface RecordVisitor {
  /** `schemaUrl` is empty or one range. */
  resource(reader: Reader, resource: Ranges, schemaUrl: Ranges): void;
  scope(reader: Reader, scope: Ranges, schemaUrl: Ranges): void;
  /** The span, log record or metric that ends at `end`; the reader stands at its start. */
  record(reader: Reader, end: number): void;
}

/** Notes where a length-delimited value stands and moves past it; the last one seen counts. */
export function takeRange(reader: Reader, range: Ranges): void {
  const end = reader.lengthEnd();
  range[0] = reader.position;
  range[1] = end;
  reader.position = end;
}

const FIRST = 10;
const SECOND = 18;
const THIRD = 26;

/**
 * Walks a validated request of any signal: the three share the numbers of these fields.
 * Senders may write a resource or scope behind its records, as Go's Collector does, so
 * each message is first scanned for them.
 */
export function walkRecords(bytes: Uint8Array, visitor: RecordVisitor): void {
  const reader = new Reader(bytes);
  while (reader.position < bytes.length) {
    const tag = reader.varint();
    if (tag === FIRST) walkResource(reader, reader.lengthEnd(), visitor);
    else reader.skip(tag);
  }
}

function walkResource(reader: Reader, end: number, visitor: RecordVisitor): void {
  const start = reader.position;
  const { first, third } = scan(reader, end);
  visitor.resource(reader, first, third);
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag === SECOND) walkScope(reader, reader.lengthEnd(), visitor);
    else reader.skip(tag);
  }
}

function walkScope(reader: Reader, end: number, visitor: RecordVisitor): void {
  const start = reader.position;
  const { first, third } = scan(reader, end);
  visitor.scope(reader, first, third);
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag !== SECOND) {
      reader.skip(tag);
      continue;
    }
    const recordEnd = reader.lengthEnd();
    visitor.record(reader, recordEnd);
    reader.position = recordEnd;
  }
}

/** The ranges of fields 1 (all pieces) and 3 (the last). */
function scan(reader: Reader, end: number): { first: Ranges; third: Ranges } {
  const first: Ranges = [];
  let third: Ranges = [];
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag !== FIRST && tag !== THIRD) {
      reader.skip(tag);
      continue;
    }
    const fieldEnd = reader.lengthEnd();
    if (tag === FIRST) first.push(reader.position, fieldEnd);
    else third = [reader.position, fieldEnd];
    reader.position = fieldEnd;
  }
  return { first, third };
}
