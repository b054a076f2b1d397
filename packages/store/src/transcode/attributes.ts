/**
 * Attributes on their way into a `Map` column. Values become
 * text as the Collector's ClickHouse exporter writes it; their types, which that loses, go
 * into a signature with one letter a value (docs/formats/attribute-types.md):
 *
 *     s string   b bool   i int   d double   y bytes (base64)   e empty
 *     [..] array, its items' letters; one letter and * when all items have it
 *     {..} map, its values' letters; the keys stand in the value's JSON
 */
import type { Reader } from "@clew/otlp";
import { ByteBuffer, MAX_INT32 } from "../block/byte-buffer.ts";
import type { LowCardinalityColumn } from "../block/columns.ts";
import type { DictionaryMapColumn, MapColumn } from "../block/map-columns.ts";
import { textStart, writeAnyValue } from "./any-value.ts";

const KEY = 10;
const VALUE = 18;
const BOOL_VALUE = 16;
const INT_VALUE = 24;

/** One attribute list's two columns. */
export interface AttributeColumns {
  readonly values: MapColumn | DictionaryMapColumn;
  readonly types: LowCardinalityColumn;
}

/** Collects the entries of one row at a time; `endRow` closes it. */
export class AttributeWriter {
  readonly #columns: AttributeColumns;
  readonly #signature = new ByteBuffer(64);
  readonly #text = new ByteBuffer(256);
  // a key's place in the dictionary, or 0 for a row's start --> that of the key that came behind it the last time
  readonly #followers: number[] = [];
  #lastKey = 0;

  constructor(columns: AttributeColumns) {
    this.#columns = columns;
  }

  /** Takes the KeyValue that ends at `end`; the reader stands behind its length. */
  add(reader: Reader, end: number): void {
    const { bytes, position } = reader;
    const keyStart = position + 2;
    const keyEnd = keyStart + bytes[position + 1]!;
    const valueStart = keyEnd + 2;
    // As writers do it: the key, then the value, each with a length of one byte.
    const hasKey = end - position < 128 && bytes[position] === KEY;
    const isPlain = hasKey && bytes[keyEnd] === VALUE && end - valueStart === bytes[keyEnd + 1];
    if (!isPlain) return this.#addAnyOrder(reader, end);
    reader.position = valueStart;
    this.#value(reader, end);
    this.#addKey(reader, keyStart, keyEnd);
  }

  #addAnyOrder(reader: Reader, end: number): void {
    let keyStart = 0;
    let keyEnd = 0;
    let written = false;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === KEY) {
        keyEnd = reader.lengthEnd();
        keyStart = reader.position;
        reader.position = keyEnd;
      } else if (tag === VALUE && !written) {
        this.#value(reader, reader.lengthEnd());
        written = true;
      } else reader.skip(tag);
    }
    if (!written) this.#empty();
    this.#addKey(reader, keyStart, keyEnd);
  }

  #addKey(reader: Reader, start: number, end: number): void {
    const key = this.#columns.values.keys.addLike(this.#followers[this.#lastKey] ?? 0, reader, start, end);
    this.#followers[this.#lastKey] = key;
    this.#lastKey = key;
  }

  endRow(): void {
    this.#columns.values.endRow();
    this.#columns.types.add(this.#signature, 0, this.#signature.length);
    this.#signature.reset();
    this.#lastKey = 0;
  }

  /** Writes the last row so many times more. */
  repeatRow(times: number): void {
    this.#columns.values.repeat(times);
    this.#columns.types.repeat(times);
  }

  #value(reader: Reader, end: number): void {
    const start = reader.position;
    if (start === end) return this.#empty();
    const text = textStart(reader, start, end);
    if (text >= 0) {
      this.#columns.values.values.add(reader, text, end);
      this.#signature.u8(0x73);
      reader.position = end;
      return;
    }
    const tag = reader.bytes[start]!;
    reader.position = start + 1;
    if (tag === INT_VALUE) {
      const value = reader.varint();
      if (reader.position === end && value <= Number.MAX_SAFE_INTEGER) return this.#integer(value);
    } else if (tag === BOOL_VALUE) {
      const value = reader.varint();
      if (reader.position === end) return this.#ascii(value === 0 ? "false" : "true", 0x62);
    }
    reader.position = start;
    this.#rareValue(reader, end);
  }

  #rareValue(reader: Reader, end: number): void {
    this.#text.reset();
    writeAnyValue(reader, end, this.#text, this.#signature);
    this.#columns.values.values.add(this.#text, 0, this.#text.length);
  }

  #integer(value: number): void {
    if (value > MAX_INT32) return this.#ascii(`${value}`, 0x69);
    this.#columns.values.values.addInteger(value);
    this.#signature.u8(0x69);
  }

  #ascii(text: string, letter: number): void {
    const column = this.#columns.values.values;
    const { values } = column;
    values.u8(text.length);
    values.reserve(text.length);
    for (let i = 0; i < text.length; i++) values.bytes[values.length + i] = text.charCodeAt(i);
    values.length += text.length;
    column.rows++;
    this.#signature.u8(letter);
  }

  #empty(): void {
    this.#columns.values.values.addEmpty();
    this.#signature.u8(0x65);
  }
}
