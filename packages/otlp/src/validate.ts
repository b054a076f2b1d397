/**
 * Checks that bytes are the message they claim to be, down to the last attribute, and
 * counts what they carry, in one pass that makes no objects. A request that passes here
 * can be concatenated, stored and forwarded without anyone decoding it again.
 */
import { MAX_NESTING, type Field, type Message } from "./schema/message.ts";
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
    else if (field.wireType !== (tag & 7)) validatePacked(reader, end, field, tag, message);
    else if (field.wireType !== LENGTH_DELIMITED) reader.skip(tag);
    else {
      const fieldEnd = endWithin(reader, end);
      if (field.message !== undefined) validateMessage(reader, fieldEnd, field.message(), counts, depth + 1);
      else if (field.idLength !== 0) checkIdLength(field, fieldEnd - reader.position);
      reader.position = fieldEnd;
    }
  }
  if (reader.position > end) throw malformed("unexpected EOF");
}

/** A field with another wire type than its own: numbers may stand packed, anything else is a fault. */
function validatePacked(reader: Reader, end: number, field: Field, tag: number, message: Message): void {
  if ((tag & 7) !== LENGTH_DELIMITED || !field.repeated) {
    throw malformed(`proto: wrong wireType = ${tag & 7} for field ${message.name}.${field.name}`);
  }
  const fieldEnd = endWithin(reader, end);
  if (field.wireType === VARINT) while (reader.position < fieldEnd) reader.varint();
  else reader.position += Math.ceil((fieldEnd - reader.position) / 8) * 8;
  if (reader.position !== fieldEnd) throw malformed(`proto: packed field ${field.name} is cut short`);
}

function checkIdLength({ kind, idLength }: Field, length: number): void {
  if (length === 0 || length === idLength) return;
  throw malformed(`invalid length for ${kind === "traceId" ? "TraceID" : "SpanID"}`);
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
