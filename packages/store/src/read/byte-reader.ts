/** Reads ClickHouse's varints, strings and runs of bytes, one after the other. */
export class ByteReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#position++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  string(): string {
    return this.#next(this.varint()).toString("utf8");
  }

  /** A view: it shares memory with what is read from. */
  bytes(length: number): Uint8Array {
    return this.#next(length);
  }

  #next(length: number): Buffer {
    const next = this.#bytes.subarray(this.#position, this.#position + length);
    this.#position += length;
    return next;
  }
}
