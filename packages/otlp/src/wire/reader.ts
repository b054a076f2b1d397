/**
 * A cursor over protobuf bytes. It copies nothing and makes no object per field: read a
 * `tag`, then the value that its wire type announces, until `position` reaches the end.
 */
import { malformed } from "./malformed.ts";
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from "./wire-type.ts";

const MAX_UINT32 = 4_294_967_295;

export class Reader {
  readonly bytes: Buffer;
  /** Of the same bytes, for whoever takes several at a time. */
  readonly dataView: DataView;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.dataView = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.position = position;
  }

  /** `field << 3 | wireType`. A tag has 32 bits: a longer one is malformed. */
  tag(): number {
    const tag = this.varint();
    if (tag > MAX_UINT32) throw malformed("proto: invalid field number");
    return tag;
  }

  /** An unsigned varint as a number: exact up to 2^53, rounded above. Throws `OTLP_MALFORMED` at the end of the bytes. */
  varint(): number {
    const bytes = this.bytes;
    let byte = bytes[this.position++];
    if (byte === undefined) throw malformed("unexpected EOF");
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    for (let size = 1; size < 10; size++) {
      byte = bytes[this.position++];
      if (byte === undefined) throw malformed("unexpected EOF");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw malformed("proto: integer overflow");
  }

  /** An unsigned 64-bit varint, exactly. */
  varint64(): bigint {
    const start = this.position;
    const value = this.varint();
    return value <= Number.MAX_SAFE_INTEGER ? BigInt(value) : this.#exactVarint(start);
  }

  /** The low 32 bits of a varint, as protobuf reads a `uint32` however long it is written. */
  uint32(): number {
    const start = this.position;
    const value = this.varint();
    return value <= Number.MAX_SAFE_INTEGER ? value >>> 0 : Number(BigInt.asUintN(32, this.#exactVarint(start)));
  }

  /** An `int32` or `enum`; negative ones take ten bytes. */
  int32(): number {
    return this.uint32() | 0;
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.varint64());
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  fixed32(): number {
    this.#need(4);
    const value = this.bytes.readUInt32LE(this.position);
    this.position += 4;
    return value;
  }

  fixed64(): bigint {
    this.#need(8);
    const value = this.bytes.readBigUInt64LE(this.position);
    this.position += 8;
    return value;
  }

  double(): number {
    this.#need(8);
    const value = this.bytes.readDoubleLE(this.position);
    this.position += 8;
    return value;
  }

  /** Reads a length and returns the position where that many bytes end. */
  lengthEnd(): number {
    const length = this.varint();
    const end = this.position + length;
    if (end > this.bytes.length) throw malformed("unexpected EOF");
    return end;
  }

  /** The next length-delimited field's bytes, sharing memory. */
  span(): Buffer {
    const end = this.lengthEnd();
    const bytes = this.bytes.subarray(this.position, end);
    this.position = end;
    return bytes;
  }

  string(): string {
    const end = this.lengthEnd();
    const text = this.bytes.toString("utf8", this.position, end);
    this.position = end;
    return text;
  }

  /** Passes over the value of a field with this tag. */
  skip(tag: number): void {
    switch (tag & 7) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.position += 8;
        break;
      case LENGTH_DELIMITED:
        this.position = this.lengthEnd();
        return;
      case FIXED32:
        this.position += 4;
        break;
      default:
        throw malformed(`proto: illegal wireType ${tag & 7}`);
    }
    if (this.position > this.bytes.length) throw malformed("unexpected EOF");
  }

  #need(byteCount: number): void {
    if (this.position + byteCount > this.bytes.length) throw malformed("unexpected EOF");
  }

  /** The varint that stands from `start` to `position`, bit by bit. */
  #exactVarint(start: number): bigint {
    let exact = 0n;
    for (let i = this.position - 1; i >= start; i--) exact = (exact << 7n) | BigInt((this.bytes[i] ?? 0) & 127);
    return BigInt.asUintN(64, exact);
  }
}
