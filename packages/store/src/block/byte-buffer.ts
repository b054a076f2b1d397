import { copyShort } from "@clew/base";
import type { ByteSource } from "./byte-source.ts";

/** More are copied by a call of the system's. */
const MOST_COPIED_HERE = 64;
export const MAX_INT32 = 2_147_483_647;
/** The digit. */
const ZERO = 48;

/** A growing run of bytes, the storage of every column. `reset` keeps the memory. */
export class ByteBuffer implements ByteSource {
  bytes: Buffer;
  dataView: DataView;
  length = 0;

  constructor(initialBytes = 1_024) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
    this.dataView = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes; call before writing to `bytes` directly. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, needed));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.dataView = new DataView(larger.buffer);
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  reset(): void {
    this.length = 0;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.dataView.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Eight bytes as two numbers of 32 bits, whose signs do not matter. */
  words(low: number, high: number): void {
    this.reserve(8);
    this.dataView.setInt32(this.length, low, true);
    this.dataView.setInt32(this.length + 4, high, true);
    this.length += 8;
  }

  /** An unsigned integer up to 2^53-1 in eight bytes. */
  u64(value: number): void {
    if (value <= MAX_INT32) return this.words(value, 0);
    this.words(value % 4_294_967_296, Math.floor(value / 4_294_967_296));
  }

  u64Big(value: bigint): void {
    this.reserve(8);
    this.length = this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.length);
  }

  f64(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  /** Eight bytes taken as they stand in `source`: fixed64, sfixed64 and double are laid out alike in both formats. */
  eightFrom(source: ByteSource, start: number): void {
    const { dataView } = source;
    this.words(dataView.getInt32(start, true), dataView.getInt32(start + 4, true));
  }

  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest > 127) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  copy(source: ByteSource, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    if (count <= MOST_COPIED_HERE) copyShort(source.dataView, start, this.dataView, this.length, count);
    else this.bytes.set(source.bytes.subarray(start, end), this.length);
    this.length += count;
  }

  /** A text as the format has it: its length as a varint, and its bytes. */
  text(source: ByteSource, start: number, end: number): void {
    const count = end - start;
    if (count > MOST_COPIED_HERE) {
      this.varint(count);
      return this.copy(source, start, end);
    }
    this.reserve(count + 1);
    const { length } = this;
    this.bytes[length] = count;
    copyShort(source.dataView, start, this.dataView, length + 1, count);
    this.length = length + 1 + count;
  }

  /** An integer from 0 to 2^31-1 as a text of decimal digits. */
  digits(value: number): void {
    let count = 1;
    for (let bound = 10; value >= bound; bound *= 10) count++;
    this.reserve(count + 1);
    const { bytes, length } = this;
    bytes[length] = count;
    let rest = value | 0;
    for (let at = length + count; at > length; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length = length + 1 + count;
  }

  /** Writes bytes that it has once more. */
  again(start: number, end: number): void {
    this.copy(this, start, end);
  }

  /** Writes the last `count` bytes so many times more, doubling what it copies. */
  repeatLast(count: number, times: number): void {
    const start = this.length - count;
    const end = this.length + count * times;
    this.reserve(count * times);
    while (this.length < end) {
      const copied = Math.min(this.length - start, end - this.length);
      this.bytes.copyWithin(this.length, start, start + copied);
      this.length += copied;
    }
  }
}
