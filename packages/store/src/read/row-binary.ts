/** Reads rows in ClickHouse's RowBinary format, for columns of numbers in quantities that JSON would make dear. */
export class RowBinary {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  u8(): number {
    return this.#bytes[this.#position++]!;
  }

  i32(): number {
    const value = this.#bytes.readInt32LE(this.#position);
    this.#position += 4;
    return value;
  }

  /** A UInt64 as a key: its eight bytes, a character each, which costs no BigInt. */
  u64Key(): string {
    const value = this.#bytes.toString("latin1", this.#position, this.#position + 8);
    this.#position += 8;
    return value;
  }

  /** A 64-bit integer as a number, rounded beyond 2^53. */
  i64(): number {
    const low = this.#bytes.readUInt32LE(this.#position);
    const high = this.#bytes.readInt32LE(this.#position + 4);
    this.#position += 8;
    return high * 4_294_967_296 + low;
  }

  u64(): number {
    const low = this.#bytes.readUInt32LE(this.#position);
    const high = this.#bytes.readUInt32LE(this.#position + 4);
    this.#position += 8;
    return high * 4_294_967_296 + low;
  }

  f64(): number {
    const value = this.#bytes.readDoubleLE(this.#position);
    this.#position += 8;
    return value;
  }

  string(): string {
    const end = this.#length() + this.#position;
    const value = this.#bytes.toString("utf8", this.#position, end);
    this.#position = end;
    return value;
  }

  f64s(): Float64Array {
    const values = new Float64Array(this.#length());
    for (let i = 0; i < values.length; i++) values[i] = this.f64();
    return values;
  }

  /** An array of UInt64 as numbers. */
  u64s(): Float64Array {
    const values = new Float64Array(this.#length());
    for (let i = 0; i < values.length; i++) values[i] = this.u64();
    return values;
  }

  #length(): number {
    let length = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      length += (byte & 127) * scale;
      if (byte < 128) return length;
      scale *= 128;
    }
  }
}
