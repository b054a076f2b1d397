/**
 * What a protobuf message looks like, as data. Validation, decoding, encoding and the
 * JSON mapping all read these tables, so that each field of OTLP stands in one place.
 */
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, type WireType } from "../wire/wire-type.ts";

/** How a field's value is written. `traceId` and `spanId` are bytes of 16 and 8, hexadecimal in JSON. */
export type Kind =
  | "string"
  | "bytes"
  | "traceId"
  | "spanId"
  | "bool"
  | "uint32"
  | "int32"
  | "enum"
  | "int64"
  | "uint64"
  | "sint32"
  | "fixed32"
  | "fixed64"
  | "sfixed64"
  | "double"
  | "message";

const WIRE_TYPES: Readonly<Record<Kind, WireType>> = {
  string: LENGTH_DELIMITED,
  bytes: LENGTH_DELIMITED,
  traceId: LENGTH_DELIMITED,
  spanId: LENGTH_DELIMITED,
  message: LENGTH_DELIMITED,
  bool: VARINT,
  uint32: VARINT,
  int32: VARINT,
  enum: VARINT,
  int64: VARINT,
  uint64: VARINT,
  sint32: VARINT,
  fixed32: FIXED32,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  double: FIXED64,
};

export interface Field {
  readonly number: number;
  /** The name in JSON, lowerCamelCase. */
  readonly name: string;
  /** The name in the `.proto` file, which JSON may use as well. */
  readonly protoName: string;
  readonly kind: Kind;
  readonly wireType: WireType;
  /** How many bytes an id must have, if it has any; 0 for what is no id. */
  readonly idLength: number;
  readonly repeated: boolean;
  /** Present means set, even when it holds its type's zero: `oneof` members and `optional` fields. */
  readonly explicit: boolean;
  /** The `oneof` that the field belongs to: of its members, the last one read counts. */
  readonly oneof?: string;
  /** The type of a `message` field. A function, since AnyValue contains itself. */
  readonly message?: () => Message;
  /** An `enum` field's names, by number. */
  readonly names?: readonly string[];
}

/** How deep messages may nest, AnyValue within AnyValue included. protobuf's own default. */
export const MAX_NESTING = 100;

/** Which total a message adds one to when a request is counted. */
export type Counted = "resources" | "metrics" | "items";

export interface Message {
  readonly name: string;
  readonly fields: readonly Field[];
  /** `fields` by number, for readers. */
  readonly byNumber: readonly (Field | undefined)[];
  /** `fields` by their JSON names. */
  readonly byName: Readonly<Record<string, Field | undefined>>;
  readonly counted?: Counted;
}

export function message(name: string, fields: readonly Field[], counted?: Counted): Message {
  const byNumber: (Field | undefined)[] = [];
  for (let number = Math.max(...fields.map((field) => field.number)); number >= 0; number--)
    byNumber[number] = undefined;
  for (const field of fields) byNumber[field.number] = field;
  const byName = Object.fromEntries(fields.map((field) => [field.name, field]));
  const base = { name, fields, byNumber, byName };
  return counted === undefined ? base : { ...base, counted };
}

type Scalar = Exclude<Kind, "message" | "enum">;

export function field(number: number, name: string, kind: Scalar): Field {
  return make(number, name, kind, false, false);
}

/** An `optional` field: written even when zero. */
export function explicit(number: number, name: string, kind: Scalar): Field {
  return make(number, name, kind, false, true);
}

/** Fields of which a message has at most one. */
export function oneof(name: string, ...members: readonly Field[]): Field[] {
  return members.map((member) => ({ ...member, explicit: true, oneof: name }));
}

export function list(number: number, name: string, kind: Scalar): Field {
  return make(number, name, kind, true, false);
}

export function one(number: number, name: string, type: () => Message): Field {
  return { ...make(number, name, "message", false, true), message: type };
}

export function many(number: number, name: string, type: () => Message): Field {
  return { ...make(number, name, "message", true, false), message: type };
}

export function choice(number: number, name: string, names: readonly string[]): Field {
  return { ...make(number, name, "enum", false, false), names };
}

function make(number: number, name: string, kind: Kind, repeated: boolean, isExplicit: boolean): Field {
  const protoName = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const wireType = WIRE_TYPES[kind];
  const idLength = kind === "traceId" ? 16 : kind === "spanId" ? 8 : 0;
  return { number, name, protoName, kind, wireType, idLength, repeated, explicit: isExplicit };
}

/** Whether a repeated field of this kind may stand packed in one length-delimited field. */
export function isPackable(kind: Kind): boolean {
  return WIRE_TYPES[kind] !== LENGTH_DELIMITED;
}
