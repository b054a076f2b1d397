/**
 * Reads a whole message into plain objects, for code that wants every field of a few
 * records: verbose printing, metrics at an exporter, tests. Hot paths use `Reader`.
 */
import { isPackable, type Field, type Message } from "./schema/message.ts";
import { Reader } from "./wire/reader.ts";
import { LENGTH_DELIMITED } from "./wire/wire-type.ts";

/** How one decoder represents what it reads. */
export interface Representation {
  /** A scalar field's value. The reader stands at the value. */
  scalar(field: Field, reader: Reader): unknown;
  /** Whether fields that are absent get their type's zero. */
  readonly fillsDefaults: boolean;
}

export type DecodedMessage = Record<string, unknown>;

/** Bytes (ids included) as `Uint8Array`, 64-bit integers as `bigint`, absent fields filled in. */
const native: Representation = { scalar: readScalar, fillsDefaults: true };

/** Decodes validated bytes. Throws `OTLP_MALFORMED` where they end too early. */
export function decode(message: Message, bytes: Uint8Array): DecodedMessage {
  return decodeAs(native, message, bytes);
}

export function decodeAs(representation: Representation, message: Message, bytes: Uint8Array): DecodedMessage {
  return readMessage(representation, message, new Reader(bytes), bytes.length);
}

/** Reads until `end` into a new message, or into one that began earlier: pieces of a message merge. */
function readMessage(
  representation: Representation,
  message: Message,
  reader: Reader,
  end: number,
  result: DecodedMessage = representation.fillsDefaults ? defaultsOf(message) : {},
): DecodedMessage {
  while (reader.position < end) {
    const tag = reader.tag();
    const field = message.byNumber[tag >>> 3];
    if (field === undefined) {
      reader.skip(tag);
      continue;
    }
    if (field.oneof !== undefined) dropSiblings(message, field, result);
    readField(representation, field, tag, reader, result);
  }
  return result;
}

function dropSiblings(message: Message, field: Field, result: DecodedMessage): void {
  for (const { oneof, name } of message.fields) {
    // Taking away what is not there is slow.
    if (oneof === field.oneof && name !== field.name && name in result) delete result[name];
  }
}

function readField(
  representation: Representation,
  field: Field,
  tag: number,
  reader: Reader,
  result: DecodedMessage,
): void {
  if (!field.repeated) {
    result[field.name] = readValue(representation, field, reader, result[field.name]);
    return;
  }
  const values = (result[field.name] ??= []) as unknown[];
  if ((tag & 7) !== LENGTH_DELIMITED || !isPackable(field.kind)) {
    values.push(readValue(representation, field, reader));
    return;
  }
  const end = reader.lengthEnd();
  while (reader.position < end) values.push(representation.scalar(field, reader));
}

function readValue(representation: Representation, field: Field, reader: Reader, before?: unknown): unknown {
  if (field.message === undefined) return representation.scalar(field, reader);
  const end = reader.lengthEnd();
  return readMessage(representation, field.message(), reader, end, before as DecodedMessage | undefined);
}

function defaultsOf(message: Message): DecodedMessage {
  const result: DecodedMessage = {};
  for (const field of message.fields) {
    if (field.repeated) result[field.name] = [];
    else if (!field.explicit) result[field.name] = zeroOf(field);
  }
  return result;
}

export function zeroOf(field: Field): unknown {
  switch (field.kind) {
    case "string":
      return "";
    case "bytes":
    case "traceId":
    case "spanId":
      return new Uint8Array(0);
    case "bool":
      return false;
    case "int64":
    case "uint64":
    case "fixed64":
    case "sfixed64":
      return 0n;
    default:
      return 0;
  }
}

export function readScalar(field: Field, reader: Reader): unknown {
  switch (field.kind) {
    case "string":
      return reader.string();
    case "bytes":
    case "traceId":
    case "spanId":
      return reader.span();
    case "bool":
      return reader.varint() !== 0;
    case "int32":
    case "enum":
      return reader.int32();
    case "int64":
      return reader.int64();
    case "uint64":
      return reader.varint64();
    case "sint32":
      return reader.sint32();
    case "fixed32":
      return reader.fixed32();
    case "fixed64":
      return reader.fixed64();
    case "sfixed64":
      return BigInt.asIntN(64, reader.fixed64());
    case "double":
      return reader.double();
    default:
      return reader.uint32();
  }
}
