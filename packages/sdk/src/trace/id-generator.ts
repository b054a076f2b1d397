import { randomFillSync } from "node:crypto";

/** Makes ids as lower-case hex: 32 digits for a trace, 16 for a span, never all zero. */
export interface IdGenerator {
  generateTraceId(): string;
  generateSpanId(): string;
}

const POOL_BYTES = 4_096;
const HEX: readonly string[] = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, "0"));

/** Ids of cryptographic randomness, taken from a pool that is filled in one go. */
export class RandomIdGenerator implements IdGenerator {
  readonly #pool = new Uint16Array(POOL_BYTES / 2);
  #next = this.#pool.length;

  generateTraceId(): string {
    return this.#hex(8);
  }

  generateSpanId(): string {
    return this.#hex(4);
  }

  #hex(words: number): string {
    if (this.#next + words > this.#pool.length) this.#refill();
    let id = "";
    let bits = 0;
    for (let i = 0; i < words; i++) {
      const word = this.#pool[this.#next++] ?? 0;
      bits |= word;
      id += HEX[word];
    }
    return bits === 0 ? this.#hex(words) : id;
  }

  #refill(): void {
    randomFillSync(this.#pool);
    this.#next = 0;
  }
}
