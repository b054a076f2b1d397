import { randomBytes } from "node:crypto";

/** Makes ids as lower-case hex: 32 digits for a trace, 16 for a span, never all zero. */
export interface IdGenerator {
  generateTraceId(): string;
  generateSpanId(): string;
}

const POOL_BYTES = 4_096;
const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

/**
 * Ids of cryptographic randomness. The digits of some hundred ids are made in one go, and each id is
 * a slice of them, which costs next to nothing.
 */
export class RandomIdGenerator implements IdGenerator {
  #digits = "";
  #next = 0;

  generateTraceId(): string {
    return this.#take(TRACE_ID_DIGITS);
  }

  generateSpanId(): string {
    return this.#take(SPAN_ID_DIGITS);
  }

  #take(count: number): string {
    if (this.#next + count > this.#digits.length) {
      this.#digits = randomBytes(POOL_BYTES).toString("hex");
      this.#next = 0;
    }
    const id = this.#digits.slice(this.#next, this.#next + count);
    this.#next += count;
    return isZero(id) ? this.#take(count) : id;
  }
}

function isZero(id: string): boolean {
  return id.startsWith("00000000") && /^0+$/.test(id);
}
