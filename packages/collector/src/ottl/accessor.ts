/** How paths reach the fields of messages: what each kind of field reads as, and what may be set. */
import { MessageView, type Scalar } from "@clew/otlp";
import type { Context } from "./context.ts";
import { OttlError } from "./ottl-error.ts";
import { goType, Id, int64, Messages, Time, type OttlValue } from "./ottl-value.ts";

export interface Accessor {
  get(context: Context): OttlValue;
  set(context: Context, value: OttlValue): void;
}

/** Finds the message whose field is meant. */
export type Place = (context: Context) => MessageView;

/** Sets a field, unless it holds that already: so unchanged bytes stay unchanged. */
export function write(context: Context, view: MessageView, field: string, value: Scalar): void {
  if (view.get(field) === value) return;
  view.set(field, value);
  context.changes++;
}

export function expectText(value: OttlValue): string {
  return typeof value === "string" ? value : unexpected("string", value);
}

export function expectInt(value: OttlValue): bigint {
  return typeof value === "bigint" ? value : unexpected("int64", value);
}

export function expectFloat(value: OttlValue): number {
  return typeof value === "number" ? value : unexpected("float64", value);
}

export function expectTime(value: OttlValue): bigint {
  return value instanceof Time ? value.unixNano : unexpected("time.Time", value);
}

export function unexpected(type: string, value: OttlValue): never {
  if (value === null) throw new OttlError("setting a value to nil is not supported");
  throw new OttlError(`expects ${type} but got ${goType(value)}`);
}

export function text(place: Place, field: string): Accessor {
  return {
    get: (context) => place(context).get(field) as string,
    set: (context, value) => write(context, place(context), field, expectText(value)),
  };
}

/** A field of 32 bits without sign. What does not fit is cut off, as Go's conversion does. */
export function uint32(place: Place, field: string): Accessor {
  return {
    get: (context) => BigInt(place(context).get(field) as number),
    set: (context, value) => write(context, place(context), field, Number(BigInt.asUintN(32, expectInt(value)))),
  };
}

/** A field of 32 bits with sign; enumerations are such. */
export function int32(place: Place, field: string): Accessor {
  return {
    get: (context) => BigInt(place(context).get(field) as number),
    set: (context, value) => write(context, place(context), field, Number(BigInt.asIntN(32, expectInt(value)))),
  };
}

/** A field of 64 bits without sign, which reads as int64. */
export function uint64(place: Place, field: string): Accessor {
  return {
    get: (context) => int64(place(context).get(field) as bigint),
    set: (context, value) => write(context, place(context), field, BigInt.asUintN(64, expectInt(value))),
  };
}

/** A field of nanoseconds since 1970, as a time. */
export function time(place: Place, field: string): Accessor {
  return {
    get: (context) => new Time(int64(place(context).get(field) as bigint)),
    set: (context, value) => write(context, place(context), field, BigInt.asUintN(64, expectTime(value))),
  };
}

export function id(place: Place, field: string, length: 8 | 16): Accessor {
  return {
    get: (context) => new Id(idBytes(place(context), field, length)),
    set(context, value) {
      const type = length === 8 ? "pcommon.SpanID" : "pcommon.TraceID";
      if (!(value instanceof Id) || value.bytes.length !== length) unexpected(type, value);
      writeId(context, place(context), field, value.bytes);
    },
  };
}

export function idText(place: Place, field: string, length: 8 | 16): Accessor {
  return {
    get: (context) => hexOf(idBytes(place(context), field, length)),
    set(context, value) {
      const hex = expectText(value);
      if (hex.length >> 1 !== length || hex.length % 2 !== 0) {
        throw new OttlError(`${length === 8 ? "span" : "trace"} ids must be ${length * 2} hex characters`);
      }
      const wrong = /[^0-9a-fA-F]/.exec(hex)?.[0];
      if (wrong !== undefined) throw new OttlError(invalidHex(wrong));
      writeId(context, place(context), field, Buffer.from(hex, "hex"));
    },
  };
}

/** What Go's decoder says of a character that is no hexadecimal digit. */
export function invalidHex(character: string): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `encoding/hex: invalid byte: U+${code} '${character}'`;
}

/** The id's bytes; zeros where it is missing. */
export function idBytes(view: MessageView, field: string, length: number): Uint8Array {
  const bytes = view.get(field) as Uint8Array;
  return bytes.length === length ? bytes : new Uint8Array(length);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function writeId(context: Context, view: MessageView, field: string, bytes: Uint8Array): void {
  if (Buffer.compare(view.get(field) as Uint8Array, bytes) === 0) return;
  view.set(field, bytes.every((byte) => byte === 0) ? new Uint8Array(0) : bytes);
  context.changes++;
}

/** Repeated messages, which are replaced as a whole. */
export function messages(place: Place, field: string, type: string): Accessor {
  return {
    get: (context) => new Messages(type, place(context).many(field)),
    set(context, value) {
      const view = place(context);
      if (value === null) view.setMany(field, []);
      else if (value instanceof Messages && value.type === type) view.setMany(field, value.views);
      else unexpected(type, value);
      context.changes++;
    },
  };
}

/** A message inside, which is replaced as a whole. */
export function inner(place: Place, field: string, type: string): Accessor {
  return {
    get: (context) => place(context).one(field),
    set(context, value) {
      const view = place(context);
      if (!(value instanceof MessageView) || value.type !== view.one(field).type) unexpected(type, value);
      view.setOne(field, new MessageView(value.type, value.bytes()));
      context.changes++;
    },
  };
}
