import { malformed } from "./thrift-value.ts";

/** Goes through bytes, and throws `THRIFT_MALFORMED` at their end. */
export class ByteCursor {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  doubleBigEndian(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  doubleLittleEndian(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw malformed("varint is longer than 64 bits");
  }

  zigzag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A count of items of at least one byte each: more than there are bytes left is a lie. */
  count(count: number): number {
    if (count < 0 || count > this.#bytes.length - this.#position) throw malformed(`unreasonable length ${count}`);
    return count;
  }

  #take(length: number): number {
    const start = this.#position;
    if (length < 0 || start + length > this.#bytes.length) throw malformed("unexpected EOF");
    this.#position += length;
    return start;
  }
}
