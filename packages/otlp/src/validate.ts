/**
 * Checks that bytes are the message they claim to be, down to the last attribute, and
 * counts what they carry, in one pass that makes no objects. A request that passes here
 * can be concatenated, stored and forwarded without anyone decoding it again.
 *
 * Every byte that comes in passes here, so this is one loop over one flat table with a stack
 * of its own, and attributes, which are most of a span, have a shortcut.
 */
import { isPlainAttribute, plainAttributesEnd } from "./plain-attribute.ts";
import { MAX_NESTING, type Field, type Message } from "./schema/message.ts";
import {
  CHILD_SHIFT,
  ID_LENGTH_MASK,
  ID_LENGTH_SHIFT,
  IS_KEY_VALUE,
  NO_FIELD,
  validationTable,
  WIRE_TYPE_MASK,
  type ValidationTable,
} from "./validation-table.ts";
import { malformed } from "./wire/malformed.ts";
import { Reader } from "./wire/reader.ts";
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from "./wire/wire-type.ts";

/** What a request carries. `metrics` is 0 except for metrics; `items` are spans, data points or log records. */
export interface Counts {
  resources: number;
  metrics: number;
  items: number;
}

/** Returns the counts of a well-formed message; throws `OTLP_MALFORMED` saying what is wrong otherwise. */
export type Validate = (bytes: Uint8Array) => Counts;

export function compileValidator(message: Message): Validate {
  const table = validationTable(message);
  return (bytes) => validated(table, new Reader(bytes));
}

/** The same for a message that is rarely checked. */
export function validate(message: Message, bytes: Uint8Array): Counts {
  return compileValidator(message)(bytes);
}

function validated(table: ValidationTable, reader: Reader): Counts {
  const { actions, rowBits, counted } = table;
  const { bytes } = reader;
  // Of each message around the one that is being read, where it ends and where its row begins.
  const ends = new Int32Array(MAX_NESTING);
  const rows = new Int32Array(MAX_NESTING);
  const counts = new Uint32Array(4);
  let depth = 0;
  let row = 0;
  let position = 0;
  let end = bytes.length;
  counts[counted[0]!]!++;
  for (;;) {
    if (position >= end) {
      if (position > end) throw cutShort();
      if (depth === 0) return { resources: counts[1]!, metrics: counts[2]!, items: counts[3]! };
      end = ends[--depth]!;
      row = rows[depth]!;
      continue;
    }
    let tag = bytes[position++]!;
    if (tag > 127) {
      reader.position = position - 1;
      tag = reader.tag();
      position = reader.position;
    }
    const number = tag >>> 3;
    const action = number >>> rowBits === 0 ? actions[row + number]! : NO_FIELD;
    const wireType = action & WIRE_TYPE_MASK;
    if (wireType !== (tag & 7)) {
      position = otherEnd(table.messages[row >> rowBits]!, tag, reader, position, end);
      continue;
    }
    if (wireType !== LENGTH_DELIMITED) {
      if (wireType === FIXED64) position += 8;
      else if (wireType === FIXED32) position += 4;
      else if (bytes[position]! < 128) position++;
      else position = varintEnd(reader, position);
      continue;
    }
    let length = bytes[position++]!;
    if (!(length < 128)) {
      reader.position = position - 1;
      length = reader.varint();
      position = reader.position;
    }
    const fieldEnd = position + length;
    if (fieldEnd > end) throw cutShort();
    const child = action >>> CHILD_SHIFT;
    if (child === 0) {
      const idLength = (action >>> ID_LENGTH_SHIFT) & ID_LENGTH_MASK;
      if (idLength !== 0 && length !== idLength && length !== 0) throw badId(idLength);
      position = fieldEnd;
    } else if (
      (action & IS_KEY_VALUE) !== 0 &&
      depth + 2 <= MAX_NESTING &&
      isPlainAttribute(bytes, position, fieldEnd)
    ) {
      position = plainAttributesEnd(bytes, tag, fieldEnd, end);
    } else {
      if (depth === MAX_NESTING) throw malformed(`proto: exceeded the nesting limit of ${MAX_NESTING}`);
      ends[depth] = end;
      rows[depth++] = row;
      end = fieldEnd;
      row = (child - 1) << rowBits;
      counts[counted[child - 1]!]!++;
    }
  }
}

function varintEnd(reader: Reader, position: number): number {
  reader.position = position;
  reader.varint();
  return reader.position;
}

/** Where a field ends that the message does not have, or that has another wire type than its own. */
function otherEnd({ name, byNumber }: Message, tag: number, reader: Reader, position: number, end: number): number {
  reader.position = position;
  const field = byNumber[tag >>> 3];
  if (field !== undefined) return packedEnd(name, field, tag, reader, end);
  if (tag >>> 3 === 0) throw malformed(`proto: illegal tag 0 (wire type ${tag & 7})`);
  reader.skip(tag);
  return reader.position;
}

/** Numbers may stand packed; any other wire type than a field's own is a fault. */
function packedEnd(messageName: string, field: Field, tag: number, reader: Reader, end: number): number {
  if ((tag & 7) !== LENGTH_DELIMITED || !field.repeated) {
    throw malformed(`proto: wrong wireType = ${tag & 7} for field ${messageName}.${field.name}`);
  }
  const fieldEnd = reader.lengthEnd();
  if (fieldEnd > end) throw cutShort();
  if (field.wireType === VARINT) while (reader.position < fieldEnd) reader.varint();
  else reader.position += Math.ceil((fieldEnd - reader.position) / 8) * 8;
  if (reader.position !== fieldEnd) throw malformed(`proto: packed field ${field.name} is cut short`);
  return fieldEnd;
}

function badId(length: number): Error {
  return malformed(`invalid length for ${length === 16 ? "TraceID" : "SpanID"}`);
}

function cutShort(): Error {
  return malformed("unexpected EOF");
}
