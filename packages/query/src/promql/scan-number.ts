/** Finds where a number or a duration ends, as Prometheus's lexer does: what it took before it gave up is a part of its errors. */

export interface ScannedNumber {
  /** Undefined where it is neither. */
  readonly kind: "number" | "duration" | undefined;
  readonly end: number;
}

const DECIMAL_DIGITS = "0123456789";
const HEXADECIMAL_DIGITS = "0123456789abcdefABCDEF";

export function scanNumberOrDuration(text: string, start: number): ScannedNumber {
  const cursor = new Cursor(text, start);
  if (cursor.number()) return { kind: "number", end: cursor.at };
  return { kind: cursor.restOfDuration() ? "duration" : undefined, end: cursor.at };
}

class Cursor {
  readonly #text: string;
  at: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.at = start;
  }

  /** What it takes need not be a number yet: `1e1.1` is none, which the parser finds. */
  number(): boolean {
    const isHexadecimal = this.#accept("0") && this.#accept("xX");
    if (isHexadecimal) this.#accept("_");
    const digits = isHexadecimal ? HEXADECIMAL_DIGITS : DECIMAL_DIGITS;
    this.#accept(".");
    this.#accept(digits);
    let hasDot = false;
    let hasExponent = false;
    while (this.#is(`${digits}._eE`)) {
      if ((hasDot && this.#is(".")) || (hasExponent && this.#is("eE"))) {
        this.at++;
        return false;
      }
      if (this.#accept(".")) {
        hasDot = true;
        if (this.#accept("_.") || isHexadecimal) return false;
      } else if (this.#accept("eE")) {
        hasExponent = true;
        this.#accept("+-");
        if (this.#accept("._eE") || this.#isAtEnd) return false;
      } else if (this.#accept("_")) {
        if (this.#accept("._eE") || this.#isAtEnd) return false;
      } else while (this.#accept(digits));
    }
    return !this.#isInWord;
  }

  /** What may follow the digits of a duration's first part. */
  restOfDuration(): boolean {
    if (!this.#accept("smhdwy")) return false;
    this.#accept("s");
    while (this.#accept(DECIMAL_DIGITS)) {
      while (this.#accept(DECIMAL_DIGITS));
      if (!this.#accept("smhdw")) return false;
      this.#accept("s");
    }
    if (!this.#isInWord) return true;
    this.at++;
    return false;
  }

  get #isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  get #isInWord(): boolean {
    return /\w/.test(this.#text[this.at] ?? "");
  }

  #is(characters: string): boolean {
    return !this.#isAtEnd && characters.includes(this.#text[this.at]!);
  }

  #accept(characters: string): boolean {
    const isThere = this.#is(characters);
    if (isThere) this.at++;
    return isThere;
  }
}
