import { randomFillSync } from "node:crypto";

/** Makes ids as lower-case hex: 32 digits for a trace, 16 for a span, never all zero. */
export interface IdGenerator {
  generateTraceId(): string;
  generateSpanId(): string;
}

/** What a drawing of random bytes costs beside the bytes is shared by so many. */
const POOL_WORDS = 4_096;
const TRACE_ID_WORDS = 4;
const SPAN_ID_WORDS = 2;

/** Ids of cryptographic randomness, of which many are drawn at once. */
export class RandomIdGenerator implements IdGenerator {
  readonly #pool = new Int32Array(POOL_WORDS);
  #next = POOL_WORDS;

  generateTraceId(): string {
    return this.#hex(TRACE_ID_WORDS);
  }

  generateSpanId(): string {
    return this.#hex(SPAN_ID_WORDS);
  }

  /** 32 random bits, as a signed integer that is not 0: no id of such words is all zero. */
  drawWord(): number {
    for (;;) {
      if (this.#next === POOL_WORDS) {
        randomFillSync(this.#pool);
        this.#next = 0;
      }
      const word = this.#pool[this.#next++]!;
      if (word !== 0) return word;
    }
  }

  #hex(wordCount: number): string {
    const bytes = Buffer.alloc(4 * wordCount);
    for (let i = 0; i < wordCount; i++) bytes.writeInt32BE(this.drawWord(), 4 * i);
    return bytes.toString("hex");
  }
}
