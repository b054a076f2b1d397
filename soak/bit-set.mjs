/** Whole numbers from 0 up, one bit each. */
export class BitSet {
  #bits = new Uint8Array(1 << 20);
  size = 0;

  add(number) {
    const byte = number >>> 3;
    if (byte >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(this.#bits.length * 2, byte + 1));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    const bit = 1 << (number & 7);
    if ((this.#bits[byte] & bit) !== 0) return;
    this.#bits[byte] |= bit;
    this.size++;
  }

  has(number) {
    return ((this.#bits[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /** How many of these are missing in `other`, and the first few of them. */
  missingIn(other) {
    const missing = [];
    let count = 0;
    for (let byte = 0; byte < this.#bits.length; byte++) {
      if (this.#bits[byte] === 0) continue;
      for (let bit = 0; bit < 8; bit++) {
        const number = byte * 8 + bit;
        if (!this.has(number) || other.has(number)) continue;
        count++;
        if (missing.length < 5) missing.push(number);
      }
    }
    return { count, missing };
  }
}
