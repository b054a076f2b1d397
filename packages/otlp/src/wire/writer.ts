/**
 * Writes protobuf into one growing buffer. Nested messages are written in place:
 * `begin` leaves one byte for the length, `end` fills it in and moves the message
 * along when its length needs more than that byte.
 */
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from "./wire-type.ts";

const TWO_32 = 4_294_967_296;
/** Shorter strings are written byte by byte: below this, a call into the runtime costs more. */
const SHORT_STRING = 32;

export class Writer {
  #buffer: Buffer;
  #start: number;
  #position: number;
  #generation = 0;
  readonly #headroom: number;

  /** `headroom`: so many bytes can be put before what is written, by `prepend`, without moving it. */
  constructor(initialBytes = 4_096, headroom = 0) {
    this.#buffer = Buffer.allocUnsafe(initialBytes + headroom);
    this.#headroom = headroom;
    this.#start = headroom;
    this.#position = headroom;
  }

  get byteLength(): number {
    return this.#position - this.#start;
  }

  /** What was written so far, sharing memory with the writer: valid until the next write or `reset`. */
  view(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#position);
  }

  /** Puts `bytes` before what was written so far. */
  prepend(bytes: Uint8Array): void {
    const start = this.#startFor(bytes.length);
    this.#buffer.set(bytes, start);
    this.#start = start;
  }

  /** Makes what was written so far the content of one message: puts the tag and the length before it. `field` is below 16. */
  prependHead(field: number): void {
    const length = this.byteLength;
    const size = varintSize(length);
    const start = this.#startFor(1 + size);
    this.#buffer[start] = field * 8 + LENGTH_DELIMITED;
    const end = this.#position;
    this.#position = start + 1;
    this.varint(length);
    this.#position = end;
    this.#start = start;
  }

  /** A copy of what was written so far. */
  finish(): Uint8Array {
    const copy = new Uint8Array(this.byteLength);
    copy.set(this.view());
    return copy;
  }

  /** What was written so far, without a copy. The writer must not be used afterwards. */
  take(): Uint8Array {
    const taken = this.view();
    this.#buffer = Buffer.alloc(0);
    return taken;
  }

  /** Another one after each `reset` and `truncate`, and where it was moved: what stood anywhere may be gone. */
  get generation(): number {
    return this.#generation;
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#generation++;
    this.#start = this.#headroom;
    this.#position = this.#headroom;
  }

  /** Forgets what was written after the first `byteLength` bytes. No message that began before may be open. */
  truncate(byteLength: number): void {
    this.#generation++;
    this.#position = this.#start + byteLength;
  }

  tag(field: number, wireType: number): void {
    const tag = field * 8 + wireType;
    if (tag > 127) return this.varint(tag);
    this.#reserve(1);
    this.#buffer[this.#position++] = tag;
  }

  /** An unsigned integer up to 2^53-1 as a varint, without a tag. */
  varint(value: number): void {
    this.#reserve(8);
    const buffer = this.#buffer;
    let position = this.#position;
    let rest = value;
    while (rest > 127) {
      buffer[position++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    buffer[position++] = rest;
    this.#position = position;
  }

  /** A varint field that is left out when 0, as proto3 has it. */
  uint(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, VARINT);
    this.varint(value);
  }

  /** An `int64`, `uint64` or `enum` field; written even when 0, because `oneof` members must be. */
  int64(field: number, value: bigint): void {
    this.tag(field, VARINT);
    this.varint64(value);
  }

  /** A 64-bit integer as a varint, negative ones as their two's complement. Without a tag. */
  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.#buffer[this.#position++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#position++] = Number(rest);
  }

  /** A whole number of at most 53 bits, negative or not, as an `int64` field. */
  int(field: number, value: number): void {
    if (value < 0) return this.int64(field, BigInt(value));
    this.tag(field, VARINT);
    this.varint(value);
  }

  bool(field: number, value: boolean): void {
    this.tag(field, VARINT);
    this.#reserve(1);
    this.#buffer[this.#position++] = value ? 1 : 0;
  }

  /** A `sint32` field, zigzag, left out when 0. */
  sint32(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, VARINT);
    this.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  double(field: number, value: number): void {
    this.tag(field, FIXED64);
    this.rawDouble(value);
  }

  /** A double without a tag, as an item of a packed list. */
  rawDouble(value: number): void {
    this.#reserve(8);
    this.#position = this.#buffer.writeDoubleLE(value, this.#position);
  }

  fixed64(field: number, value: bigint): void {
    this.tag(field, FIXED64);
    this.rawFixed64(value);
  }

  /** A `fixed64` without a tag, as an item of a packed list. */
  rawFixed64(value: bigint): void {
    this.#reserve(8);
    this.#position = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#position);
  }

  /** A `fixed64` or `sfixed64` field from its two unsigned 32-bit halves. */
  fixed64Parts(field: number, low: number, high: number): void {
    this.tag(field, FIXED64);
    this.rawFixed64Parts(low, high);
  }

  /** The same without a tag, as an item of a packed list. */
  rawFixed64Parts(low: number, high: number): void {
    this.#reserve(8);
    this.#littleWord(low);
    this.#littleWord(high);
  }

  fixed32(field: number, value: number): void {
    this.tag(field, FIXED32);
    this.#reserve(4);
    this.#littleWord(value);
  }

  string(field: number, value: string): void {
    this.tag(field, LENGTH_DELIMITED);
    this.#text(value);
  }

  bytes(field: number, value: Uint8Array): void {
    this.tag(field, LENGTH_DELIMITED);
    this.varint(value.length);
    this.raw(value);
  }

  /** Bytes as they are, tag and length included by whoever made them. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#position);
    this.#position += value.length;
  }

  /** The buffer, with room for `byteCount` bytes behind `position`: for the functions of `put.ts`, until anything else is written. */
  room(byteCount: number): Buffer {
    this.#reserve(byteCount);
    return this.#buffer;
  }

  /** Where in `room` the next byte goes. */
  get position(): number {
    return this.#position;
  }

  set position(position: number) {
    this.#position = position;
  }

  /** Opens a nested message. Give what it returns to `end`. */
  begin(field: number): number {
    this.tag(field, LENGTH_DELIMITED);
    this.#reserve(1);
    return ++this.#position;
  }

  /** The same for a message that is most likely of 128 bytes to 16 KiB: its length needs no room to be made. For `endLong`. */
  beginLong(field: number): number {
    this.tag(field, LENGTH_DELIMITED);
    this.#reserve(2);
    this.#position += 2;
    return this.#position;
  }

  /** Returns how far the message was moved. */
  endLong(start: number): number {
    const length = this.#position - start;
    if (length >= 128 && length < 16_384) {
      this.#buffer[start - 2] = (length & 127) | 128;
      this.#buffer[start - 1] = length >>> 7;
      return 0;
    }
    this.#buffer.copyWithin(start - 1, start, this.#position);
    this.#position--;
    return this.end(start - 1) - 1;
  }

  /** Closes the nested message whose body starts at `start`. Returns how far it was moved. */
  end(start: number): number {
    const length = this.#position - start;
    if (length < 128) {
      this.#buffer[start - 1] = length;
      return 0;
    }
    const extra = varintSize(length) - 1;
    this.#reserve(extra);
    this.#buffer.copyWithin(start + extra, start, this.#position);
    this.#position = start - 1;
    this.varint(length);
    this.#position = start + extra + length;
    return extra;
  }

  #littleWord(value: number): void {
    const buffer = this.#buffer;
    const position = this.#position;
    buffer[position] = value;
    buffer[position + 1] = value >>> 8;
    buffer[position + 2] = value >>> 16;
    buffer[position + 3] = value >>> 24;
    this.#position = position + 4;
  }

  #text(value: string): void {
    const start = this.#position + 1;
    if (value.length > SHORT_STRING) return this.#longText(value);
    this.#reserve(SHORT_STRING + 1);
    const buffer = this.#buffer;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) return this.#longText(value);
      buffer[start + i] = code;
    }
    buffer[start - 1] = value.length;
    this.#position = start + value.length;
  }

  #longText(value: string): void {
    const byteLength = Buffer.byteLength(value);
    this.varint(byteLength);
    this.#reserve(byteLength);
    this.#position += this.#buffer.write(value, this.#position, "utf8");
  }

  /** Where `byteCount` more bytes begin that end where what was written begins. */
  #startFor(byteCount: number): number {
    if (byteCount > this.#start) this.#moveOn(byteCount + this.#headroom);
    return this.#start - byteCount;
  }

  #moveOn(distance: number): void {
    this.#generation++;
    this.#reserve(distance);
    this.#buffer.copyWithin(this.#start + distance, this.#start, this.#position);
    this.#start += distance;
    this.#position += distance;
  }

  #reserve(byteCount: number): void {
    if (this.#position + byteCount > this.#buffer.length) this.#grow(this.#position + byteCount);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, needed));
    larger.set(this.#buffer.subarray(0, this.#position));
    this.#buffer = larger;
  }
}

/** How many bytes a varint of `value` takes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Seconds since the epoch and a rest of nanoseconds, as the two unsigned halves of a `fixed64` of nanoseconds. */
export function nanosParts(epochSeconds: number, nanos: number): { low: number; high: number } {
  // seconds * 1e9 exceeds 2^53, so multiply the 16-bit halves of the seconds apart.
  const secondsHigh = Math.floor(epochSeconds / 65_536);
  const secondsLow = epochSeconds % 65_536;
  const lowProduct = secondsLow * 1_000_000_000 + nanos;
  const highProduct = secondsHigh * 1_000_000_000;
  const lowSum = lowProduct + (highProduct % 65_536) * 65_536;
  return { low: (lowSum % TWO_32) >>> 0, high: Math.floor(highProduct / 65_536) + Math.floor(lowSum / TWO_32) };
}
