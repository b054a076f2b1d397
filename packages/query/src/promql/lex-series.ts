import { quoted } from "./labels.ts";
import { DECIMAL, Lexer } from "./lex.ts";
import { isCounterResetHint, isHistogramProperty, type Token } from "./tokens.ts";

/** Nothing but an `x` may follow at once: `0x3` is no hexadecimal number here, but four times 0. */
const NUMBER = new RegExp(String.raw`${DECIMAL}(?!(?!x)[\w.])`, "y");
const BAD_NUMBER = new RegExp(String.raw`(?:${DECIMAL})?(?:[eE][+-]?|[._])?[._eE]?`, "y");
const SPACE = /[ \t\n\r]+/y;
const VALUE_SIGN = /\{\{|[-+x_]/y;
const HISTOGRAM_SIGN = /\}\}|[-:[]/y;
const BUCKET_SIGN = /[-\]]/y;
const HISTOGRAM_WORD = /[A-Za-z_]+/y;
const SPECIAL_NUMBER = /inf|nan/iy;

/**
 * Splits the description of a series (`up{job="api"} 1+2x3 {{sum:5}}`) into tokens; the last one is `eof`, or `error`
 * where the text cannot be read further. After the metric, spaces are tokens, too.
 */
export function lexSeries(text: string): readonly Token[] {
  return new SeriesLexer(text).run();
}

class SeriesLexer extends Lexer {
  #inHistogram = false;
  #inBuckets = false;

  override run(): readonly Token[] {
    this.runMetric();
    while (!this.isDone) this.#next();
    return this.tokens;
  }

  #next(): void {
    if (this.#space()) return;
    if (this.#inBuckets) return this.#nextInBuckets();
    if (this.#inHistogram) return this.#nextInHistogram();
    if (this.at >= this.text.length) return this.push("eof", "");
    const sign = this.match(VALUE_SIGN);
    if (sign !== undefined) {
      this.#inHistogram = sign === "{{";
      return this.push(sign, sign);
    }
    if (/\d/.test(this.character) || /^\.\d/.test(this.text.slice(this.at, this.at + 2))) return this.#number();
    if (/[A-Za-z]/.test(this.character)) return this.word();
    this.fail(`unexpected character in series sequence: ${this.rune()}`);
  }

  #nextInHistogram(): void {
    const sign = this.match(HISTOGRAM_SIGN);
    if (sign !== undefined) {
      this.#inHistogram = sign !== "}}";
      this.#inBuckets = sign === "[";
      return this.push(sign, sign);
    }
    if (/\d/.test(this.character)) return this.#number();
    const word = this.match(HISTOGRAM_WORD);
    if (word === undefined) return this.fail(`histogram description incomplete unexpected: ${this.rune()}`);
    this.#histogramWord(word);
  }

  #histogramWord(word: string): void {
    if (isHistogramProperty(word)) {
      if (this.character === ":") return this.push("property", word);
      return this.failAt(this.at - word.length, "missing `:` for histogram descriptor");
    }
    if (/^(?:inf|nan)$/i.test(word)) return this.push("number", word);
    if (isCounterResetHint(word)) return this.push("hint", word);
    this.failAt(this.at - word.length, `bad histogram descriptor found: ${quoted(word)}`);
  }

  #nextInBuckets(): void {
    const sign = this.match(BUCKET_SIGN);
    if (sign !== undefined) {
      this.#inBuckets = sign !== "]";
      this.push(sign, sign);
      // What follows a minus is a number, and neither Inf nor a space.
      return this.#inBuckets ? this.#number() : undefined;
    }
    if (/\d/.test(this.character)) return this.#number();
    const special = this.match(SPECIAL_NUMBER);
    if (special !== undefined) return this.push("number", special);
    this.fail(`invalid character in buckets description: ${this.rune()}`);
  }

  #number(): void {
    const text = this.match(NUMBER);
    if (text !== undefined) return this.push("number", text);
    const start = this.at;
    this.failAt(start, `bad number syntax: ${quoted(this.match(BAD_NUMBER) ?? "")}`);
  }

  /** Of a run of spaces only the first makes a token. */
  #space(): boolean {
    const spaces = this.match(SPACE);
    if (spaces === undefined) return false;
    const start = this.at - spaces.length;
    this.tokens.push({ kind: "space", text: spaces.slice(0, 1), start, end: this.at });
    return true;
  }
}
