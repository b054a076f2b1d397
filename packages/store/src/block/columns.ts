/**
 * The columns of a ClickHouse block in its Native format. OTLP strings and Native strings
 * are both a varint length and the bytes, so text goes from one to the other by copying.
 * Layouts: docs/formats/native-block.md.
 */
import { ByteBuffer } from "./byte-buffer.ts";
import { type ByteSource, sourceOf } from "./byte-source.ts";
import { Dictionary } from "./dictionary.ts";

export interface Column {
  /** The ClickHouse type, as CREATE TABLE spells it. */
  readonly type: string;
  readonly rows: number;
  /** What precedes the data once a column: versions of LowCardinality parts. */
  prefix(parts: Uint8Array[]): void;
  /** Adds the column's bytes to `parts`, sharing memory until the next `reset`. */
  data(parts: Uint8Array[]): void;
  reset(): void;
}

/** Integers, floats and times: `width` bytes a row, written through `values`. */
export class FixedColumn implements Column {
  readonly type: string;
  readonly values: ByteBuffer = new ByteBuffer();
  readonly #width: number;

  constructor(type: string, width: 1 | 2 | 4 | 8) {
    this.type = type;
    this.#width = width;
  }

  get rows(): number {
    return this.values.length / this.#width;
  }

  prefix(): void {}

  data(parts: Uint8Array[]): void {
    parts.push(this.values.view());
  }

  reset(): void {
    this.values.reset();
  }

  /** Writes the last row so many times more. */
  repeat(times: number): void {
    this.values.repeatLast(this.#width, times);
  }

  /** Writes an earlier row once more. */
  again(row: number): void {
    this.values.again(row * this.#width, (row + 1) * this.#width);
  }
}

/** A byte --> its two hexadecimal digits, the first in the upper half. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_unused, byte) =>
  Buffer.from(byte.toString(16).padStart(2, "0"), "latin1").readUInt16BE(),
);

export class StringColumn implements Column {
  readonly type = "String";
  readonly values: ByteBuffer = new ByteBuffer();
  rows = 0;
  #lastStart = 0;

  prefix(): void {}

  data(parts: Uint8Array[]): void {
    parts.push(this.values.view());
  }

  reset(): void {
    this.values.reset();
    this.rows = 0;
  }

  add(source: ByteSource, start: number, end: number): void {
    this.#lastStart = this.values.length;
    this.values.text(source, start, end);
    this.rows++;
  }

  /** An integer from 0 to 2^31-1 in decimal digits. */
  addInteger(value: number): void {
    this.#lastStart = this.values.length;
    this.values.digits(value);
    this.rows++;
  }

  addEmpty(): void {
    this.#lastStart = this.values.length;
    this.values.u8(0);
    this.rows++;
  }

  addText(text: string): void {
    this.#lastStart = this.values.length;
    const byteLength = Buffer.byteLength(text);
    this.values.varint(byteLength);
    this.values.reserve(byteLength);
    this.values.length += this.values.bytes.write(text, this.values.length);
    this.rows++;
  }

  /** An id's bytes as lower-case hexadecimal text. */
  addHex(source: ByteSource, start: number, end: number): void {
    this.#lastStart = this.values.length;
    const { values } = this;
    values.varint((end - start) * 2);
    values.reserve((end - start) * 2);
    const { dataView } = values;
    const from = source.bytes;
    let position = values.length;
    for (let i = start; i < end; i++, position += 2) dataView.setUint16(position, HEX_PAIRS[from[i]!]!);
    values.length = position;
    this.rows++;
  }

  /** From where to where the text lies whose length stands at `position` of `values`. */
  textAt(position: number): readonly [start: number, end: number] {
    const { bytes } = this.values;
    let length = 0;
    let scale = 1;
    let start = position;
    for (; bytes[start]! >= 128; start++, scale *= 128) length += (bytes[start]! & 127) * scale;
    length += bytes[start++]! * scale;
    return [start, start + length];
  }

  /** Writes the last row so many times more. */
  repeat(times: number): void {
    const bytes = this.values.length - this.#lastStart;
    this.values.repeatLast(bytes, times);
    this.#lastStart = this.values.length - bytes;
    this.rows += times;
  }
}

/** Version 1 of the keys' serialization: a shared dictionary within the block. */
const KEYS_VERSION = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
/** UInt32 indexes (2) into additional keys that follow (bit 9). */
const INDEX_TYPE = 2 + (1 << 9);

export class LowCardinalityColumn implements Column {
  readonly type = "LowCardinality(String)";
  readonly dictionary: Dictionary = new Dictionary();
  readonly #indexes = new ByteBuffer();

  get rows(): number {
    return this.#indexes.length / 4;
  }

  /** Returns the text's place in the dictionary, which is good until `reset`. */
  add(source: ByteSource, start: number, end: number): number {
    const index = this.dictionary.find(source, start, end);
    this.#indexes.u32(index);
    return index;
  }

  /** Adds the text as `add` does, looking first whether it is the one at `guess`. */
  addLike(guess: number, source: ByteSource, start: number, end: number): number {
    if (!this.dictionary.holds(guess, source, start, end)) return this.add(source, start, end);
    this.#indexes.u32(guess);
    return guess;
  }

  addText(text: string): void {
    const source = sourceOf(Buffer.from(text));
    this.add(source, 0, source.bytes.length);
  }

  /** The empty string stands at 0 in every dictionary. */
  addEmpty(): void {
    this.#indexes.u32(0);
  }

  /** Writes the last `count` rows so many times more. */
  repeat(times: number, count = 1): void {
    this.#indexes.repeatLast(count * 4, times);
  }

  /** Writes earlier rows once more. */
  again(row: number, end: number = row + 1): void {
    this.#indexes.again(row * 4, end * 4);
  }

  prefix(parts: Uint8Array[]): void {
    parts.push(KEYS_VERSION);
  }

  data(parts: Uint8Array[]): void {
    if (this.rows === 0) return;
    const header = new ByteBuffer(16);
    header.u64(INDEX_TYPE);
    header.u64(this.dictionary.size);
    const rowCount = new ByteBuffer(8);
    rowCount.u64(this.rows);
    parts.push(header.view(), this.dictionary.view(), rowCount.view(), this.#indexes.view());
  }

  reset(): void {
    this.dictionary.reset();
    this.#indexes.reset();
  }
}

/** Where each row of an array ends among the items. The columns of a Nested share one, since their arrays are equally long. */
export class ArrayEnds {
  readonly #ends = new ByteBuffer();

  get rows(): number {
    return this.#ends.length / 8;
  }

  /** Ends a row behind so many items of all rows. */
  endRow(items: number): void {
    this.#ends.u64(items);
  }

  view(): Uint8Array {
    return this.#ends.view();
  }

  reset(): void {
    this.#ends.reset();
  }
}

/** `Array(T)`: add items to `items`, then `endRow`. */
export class ArrayColumn<Items extends Column> implements Column {
  readonly type: string;
  readonly items: Items;
  readonly #ends: ArrayEnds;

  constructor(items: Items, ends: ArrayEnds = new ArrayEnds()) {
    this.type = `Array(${items.type})`;
    this.items = items;
    this.#ends = ends;
  }

  get rows(): number {
    return this.#ends.rows;
  }

  endRow(): void {
    this.#ends.endRow(this.items.rows);
  }

  prefix(parts: Uint8Array[]): void {
    this.items.prefix(parts);
  }

  data(parts: Uint8Array[]): void {
    parts.push(this.#ends.view());
    this.items.data(parts);
  }

  reset(): void {
    this.items.reset();
    this.#ends.reset();
  }
}
