/** Turns ids from hex into bytes, in memory that is used again: valid until the next call. */
export class HexIds {
  readonly #traceId = Buffer.alloc(16);
  readonly #spanId = Buffer.alloc(8);

  traceId(hex: string): Uint8Array {
    return this.#read(hex, this.#traceId);
  }

  spanId(hex: string): Uint8Array {
    return this.#read(hex, this.#spanId);
  }

  /** An id that is no hex of the right length becomes an empty one, which says "none" in OTLP. */
  #read(hex: string, bytes: Buffer): Uint8Array {
    const count = bytes.write(hex, 0, "hex");
    return count === bytes.length && hex.length === count * 2 ? bytes : bytes.subarray(0, 0);
  }
}
