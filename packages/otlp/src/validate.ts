/**
 * Checks that bytes are the message they claim to be, down to the last attribute, and
 * counts what they carry, in one pass that makes no objects. A request that passes here
 * can be concatenated, stored and forwarded without anyone decoding it again.
 */
import { isPackable, MAX_NESTING, wireTypeOf, type Field, type Message } from "./schema/message.ts";
import { malformed } from "./wire/malformed.ts";
import { Reader } from "./wire/reader.ts";
import { LENGTH_DELIMITED, VARINT } from "./wire/wire-type.ts";

/** What a request carries. `metrics` is 0 except for metrics; `items` are spans, data points or log records. */
export interface Counts {
  resources: number;
  metrics: number;
  items: number;
}

/** Returns the counts of a well-formed `message`; throws `OTLP_MALFORMED` saying what is wrong otherwise. */
export function validate(message: Message, bytes: Uint8Array): Counts {
  const counts: Counts = { resources: 0, metrics: 0, items: 0 };
  validateMessage(new Reader(bytes), bytes.length, message, counts, 0);
  return counts;
}

function validateMessage(reader: Reader, end: number, message: Message, counts: Counts, depth: number): void {
  if (depth > MAX_NESTING) throw malformed(`proto: exceeded the nesting limit of ${MAX_NESTING}`);
  if (message.counted !== undefined) counts[message.counted]++;
  const { byNumber } = message;
  while (reader.position < end) {
    const tag = reader.tag();
    const field = byNumber[tag >>> 3];
    if (field === undefined) skipUnknown(reader, tag);
    else if (field.kind === "message" && (tag & 7) === LENGTH_DELIMITED) {
      const fieldEnd = endWithin(reader, end);
      validateMessage(reader, fieldEnd, field.message!(), counts, depth + 1);
    } else validateLeaf(reader, end, field, tag, message);
  }
  if (reader.position > end) throw malformed("unexpected EOF");
}

function validateLeaf(reader: Reader, end: number, field: Field, tag: number, message: Message): void {
  const wireType = tag & 7;
  if (wireType === wireTypeOf(field.kind)) {
    if (wireType !== LENGTH_DELIMITED) return reader.skip(tag);
    const fieldEnd = endWithin(reader, end);
    checkIdLength(field, fieldEnd - reader.position);
    reader.position = fieldEnd;
    return;
  }
  if (field.repeated && wireType === LENGTH_DELIMITED && isPackable(field.kind))
    return validatePacked(reader, end, field);
  throw malformed(`proto: wrong wireType = ${wireType} for field ${message.name}.${field.name}`);
}

function validatePacked(reader: Reader, end: number, field: Field): void {
  const fieldEnd = endWithin(reader, end);
  if (wireTypeOf(field.kind) === VARINT) while (reader.position < fieldEnd) reader.varint();
  else reader.position += Math.ceil((fieldEnd - reader.position) / 8) * 8;
  if (reader.position !== fieldEnd) throw malformed(`proto: packed field ${field.name} is cut short`);
}

function checkIdLength(field: Field, length: number): void {
  if (length === 0) return;
  if (field.kind === "traceId" && length !== 16) throw malformed("invalid length for TraceID");
  if (field.kind === "spanId" && length !== 8) throw malformed("invalid length for SpanID");
}

function skipUnknown(reader: Reader, tag: number): void {
  if (tag >>> 3 === 0) throw malformed(`proto: illegal tag 0 (wire type ${tag & 7})`);
  reader.skip(tag);
}

/** Reads a length and returns where its field ends, which must be inside the enclosing message. */
function endWithin(reader: Reader, end: number): number {
  const length = reader.varint();
  const fieldEnd = reader.position + length;
  if (fieldEnd > end) throw malformed("unexpected EOF");
  return fieldEnd;
}
