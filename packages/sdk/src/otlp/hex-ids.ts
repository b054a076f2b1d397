const INVALID = 255;

// Character code --> the value of the hexadecimal digit.
const DIGITS: Uint8Array = new Uint8Array(128).fill(INVALID);
for (const digit of "0123456789abcdefABCDEF") DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** Turns ids from hex into bytes, in memory that is used again: valid until the next call. */
export class HexIds {
  readonly #traceId = new Uint8Array(16);
  readonly #spanId = new Uint8Array(8);
  readonly #none = new Uint8Array(0);
  // Spans of one trace come one after the other.
  #lastTraceId = "";

  /** An id that is no hex of the right length becomes an empty one, which says "none" in OTLP. */
  traceId(hex: string): Uint8Array {
    if (hex === this.#lastTraceId) return this.#traceId;
    if (!readHex(hex, this.#traceId)) {
      this.#lastTraceId = "";
      return this.#none;
    }
    this.#lastTraceId = hex;
    return this.#traceId;
  }

  spanId(hex: string): Uint8Array {
    return readHex(hex, this.#spanId) ? this.#spanId : this.#none;
  }
}

function readHex(hex: string, bytes: Uint8Array): boolean {
  if (typeof hex !== "string" || hex.length !== bytes.length * 2) return false;
  for (let i = 0; i < bytes.length; i++) {
    const high = DIGITS[hex.charCodeAt(2 * i)] ?? INVALID;
    const low = DIGITS[hex.charCodeAt(2 * i + 1)] ?? INVALID;
    if (high === INVALID || low === INVALID) return false;
    bytes[i] = high * 16 + low;
  }
  return true;
}
