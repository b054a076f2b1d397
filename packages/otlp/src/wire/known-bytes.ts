/** So many words are taken of the system at once, for many short pieces. */
const SLAB_WORDS = 16_384;

let slab = new Int32Array(SLAB_WORDS);
let slabUsed = 0;

/**
 * A copy of some bytes, to tell whether the same stand somewhere else. They are compared four at a time without making an
 * object, which takes half of what it takes to make a string of them and to compare that.
 */
export class KnownBytes {
  readonly byteLength: number;
  readonly #words: Int32Array;
  readonly #start: number;
  /** How many words are whole; what is left are the first bytes of one more. */
  readonly #count: number;

  constructor(bytes: Uint8Array) {
    this.byteLength = bytes.length;
    this.#count = bytes.length >>> 2;
    const needed = (bytes.length + 3) >>> 2;
    if (needed > SLAB_WORDS) {
      this.#words = new Int32Array(needed);
      this.#start = 0;
    } else {
      if (slabUsed + needed > SLAB_WORDS) [slab, slabUsed] = [new Int32Array(SLAB_WORDS), 0];
      this.#words = slab;
      this.#start = slabUsed;
      slabUsed += needed;
    }
    for (let i = 0; i < bytes.length; i++) this.#words[this.#start + (i >>> 2)]! |= bytes[i]! << (8 * (i & 3));
  }

  /** Whether they stand at `start`. */
  standAt(view: DataView, start: number): boolean {
    if (start + this.byteLength > view.byteLength) return false;
    const words = this.#words;
    const end = this.#start + this.#count;
    let at = this.#start;
    let position = start;
    for (; at + 4 <= end; at += 4, position += 16) {
      const differing =
        (view.getInt32(position, true) ^ words[at]!) |
        (view.getInt32(position + 4, true) ^ words[at + 1]!) |
        (view.getInt32(position + 8, true) ^ words[at + 2]!) |
        (view.getInt32(position + 12, true) ^ words[at + 3]!);
      if (differing !== 0) return false;
    }
    for (; at < end; at++, position += 4) if (view.getInt32(position, true) !== words[at]) return false;
    for (let shift = 0; position < start + this.byteLength; position++, shift += 8)
      if (view.getUint8(position) !== ((words[at]! >>> shift) & 255)) return false;
    return true;
  }
}
