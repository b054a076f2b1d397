/** Writes attributes as OTLP's `KeyValue{key = 1, value = 2: AnyValue}`, fast where they are texts, whole numbers or truth values. */
import { putLength, putText, putVarint, textRoom, type Writer } from "@clew/otlp";
import { type AnyValue, writeAnyValue, writeKeyValue } from "./any-value.ts";

const TAG_KEY = 0x0a;
const TAG_VALUE = 0x12;
const TAG_STRING = 0x0a;
const TAG_BOOL = 0x10;
const TAG_INT = 0x18;
const LENGTH_DELIMITED = 2;
/** Two tags, two lengths, and a number of any size. */
const FRAME_ROOM = 32;
/** Keys are few and come again; should somebody put ids into them, no more are kept. */
const MAX_KEYS = 4_096;
const MAX_PLACES = 128;

export interface AttributeEntries {
  /** key, value, key, value … */
  readonly entries: readonly (string | AnyValue)[];
  /** How much of `entries` counts. */
  readonly length: number;
}

export class AttributeWriter {
  // A key --> its tag, its length and its bytes
  readonly #keys = new Map<string, Uint8Array>();
  // What stood last at each place of a list: spans of one kind have the same keys in the same order.
  readonly #lastKeys: string[] = [];
  readonly #lastKeyBytes: Uint8Array[] = [];

  /** Writes all as the repeated `field`, which is below 16. */
  writeAll(writer: Writer, field: number, { entries, length }: AttributeEntries): void {
    for (let i = 0; i < length; i += 2) {
      this.write(writer, field, i >> 1, entries[i] as string, entries[i + 1] as AnyValue);
    }
  }

  /** Writes one as the repeated `field`, which is below 16. `place` is where it stands in its list. */
  write(writer: Writer, field: number, place: number, key: string, value: AnyValue): void {
    const keyBytes = this.#lastKeys[place] === key ? this.#lastKeyBytes[place]! : this.#keyBytesAt(place, key);
    const isText = typeof value === "string";
    if (!isText && typeof value !== "boolean" && !isSmallInt(value)) return writeKeyValue(writer, field, key, value);
    const bytes = writer.room(keyBytes.length + FRAME_ROOM + (isText ? textRoom(value) : 0));
    let at = writer.position;
    bytes[at] = field * 8 + LENGTH_DELIMITED;
    const start = at + 2;
    bytes.set(keyBytes, start);
    at = start + keyBytes.length;
    bytes[at] = TAG_VALUE;
    const valueStart = at + 2;
    if (isText) {
      bytes[valueStart] = TAG_STRING;
      at = putText(bytes, valueStart + 1, value);
    } else if (typeof value === "boolean") {
      bytes[valueStart] = TAG_BOOL;
      bytes[valueStart + 1] = value ? 1 : 0;
      at = valueStart + 2;
    } else {
      bytes[valueStart] = TAG_INT;
      at = putVarint(bytes, valueStart + 1, value);
    }
    writer.position = putLength(bytes, start, putLength(bytes, valueStart, at));
  }

  /** Writes an `AnyValue` that is no part of an attribute, such as the body of a log record. */
  writeValue(writer: Writer, field: number, value: AnyValue): void {
    if (typeof value !== "string") return writeAnyValue(writer, field, value);
    const bytes = writer.room(FRAME_ROOM + textRoom(value));
    const at = writer.position;
    bytes[at] = field * 8 + LENGTH_DELIMITED;
    bytes[at + 2] = TAG_STRING;
    writer.position = putLength(bytes, at + 2, putText(bytes, at + 3, value));
  }

  #keyBytesAt(place: number, key: string): Uint8Array {
    const bytes = this.#keyBytes(key);
    if (place >= MAX_PLACES) return bytes;
    this.#lastKeys[place] = key;
    this.#lastKeyBytes[place] = bytes;
    return bytes;
  }

  #keyBytes(key: string): Uint8Array {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const bytes = Buffer.allocUnsafeSlow(textRoom(key) + 1);
    bytes[0] = TAG_KEY;
    const made = bytes.subarray(0, putText(bytes, 1, key));
    if (this.#keys.size < MAX_KEYS) this.#keys.set(key, made);
    return made;
  }
}

/** Neither negative nor over 2^31-1; -0 is a double. */
export function isSmallInt(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value && value >= 0 && !Object.is(value, -0);
}
