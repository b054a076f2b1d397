/** Bits one behind the other, the highest of a number first. */
export class BitWriter {
  #bytes: Buffer = Buffer.alloc(256);
  #length = 0;
  /** How many bits of the last byte are free. */
  #free = 0;

  /** The lowest `count` bits, at most 32. */
  bits(value: number, count: number): void {
    for (let left = count; left > 0;) {
      if (this.#free === 0) this.#grow();
      const taken = Math.min(this.#free, left);
      const part = (value >>> (left - taken)) & ((1 << taken) - 1);
      this.#free -= taken;
      this.#bytes[this.#length - 1]! |= part << this.#free;
      left -= taken;
    }
  }

  /** The lowest `count` bits of a number of 64, which comes in two halves. */
  longBits(high: number, low: number, count: number): void {
    if (count > 32) this.bits(high, count - 32);
    this.bits(low, Math.min(count, 32));
  }

  /** The lowest `count` bits of a whole number, negative ones as their two's complement. */
  signedBits(value: number, count: number): void {
    this.longBits(Math.floor(value / 2 ** 32), value % 2 ** 32, count);
  }

  take(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(): void {
    if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#length)]);
    this.#length++;
    this.#free = 8;
  }
}
