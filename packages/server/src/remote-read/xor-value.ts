import type { BitWriter } from "./bit-writer.ts";

const NONE = 0xff;
/** Five bits tell how many bits are 0 at the front. */
const MOST_LEADING = 31;

/** A series of doubles, of which each is written as what of its bits differs from the one before it. */
export class XorValue {
  readonly #value = new Float64Array(1);
  /** The value's halves, the lower one first. */
  readonly #words = new Uint32Array(this.#value.buffer);
  #leading = NONE;
  #trailing = 0;

  /** `words` are halves of doubles, two for each; a marker in a NaN stays what it is. */
  first(writer: BitWriter, words: Uint32Array, index: number): void {
    this.#words[0] = words[2 * index]!;
    this.#words[1] = words[2 * index + 1]!;
    writer.longBits(this.#words[1], this.#words[0], 64);
  }

  next(writer: BitWriter, words: Uint32Array, index: number): void {
    const low = (words[2 * index]! ^ this.#words[0]!) >>> 0;
    const high = (words[2 * index + 1]! ^ this.#words[1]!) >>> 0;
    this.#words[0] = words[2 * index]!;
    this.#words[1] = words[2 * index + 1]!;
    if (low === 0 && high === 0) return writer.bits(0, 1);
    const leading = Math.min(MOST_LEADING, high === 0 ? 32 + Math.clz32(low) : Math.clz32(high));
    const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low);
    if (this.#leading !== NONE && leading >= this.#leading && trailing >= this.#trailing) writer.bits(0b10, 2);
    else {
      [this.#leading, this.#trailing] = [leading, trailing];
      writer.bits(0b11, 2);
      writer.bits(leading, 5);
      // 64 does not fit and is 0.
      writer.bits(64 - leading - trailing, 6);
    }
    this.#significant(writer, high, low);
  }

  #significant(writer: BitWriter, high: number, low: number): void {
    const count = 64 - this.#leading - this.#trailing;
    const shift = this.#trailing;
    if (shift >= 32) writer.bits(high >>> (shift - 32), count);
    else if (shift === 0) writer.longBits(high, low, count);
    else writer.longBits(high >>> shift, (high << (32 - shift)) | (low >>> shift), count);
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
