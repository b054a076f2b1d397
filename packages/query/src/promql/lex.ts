import { PRINTABLE } from "./labels.ts";
import { scanNumberOrDuration } from "./scan-number.ts";
import { runeText, Scanner } from "./scanner.ts";
import { isKeyword, mayNameMetric, type Token } from "./tokens.ts";

const DIGITS = String.raw`\d(?:_?\d)*`;
/** The pattern of a decimal number. */
export const DECIMAL: string = String.raw`(?:${DIGITS}(?:\.(?:${DIGITS})?)?|\.${DIGITS})(?:[eE][+-]?${DIGITS})?`;
const WORD = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const LETTERS = /[A-Za-z_]+/y;
const LABEL = /[A-Za-z_][A-Za-z0-9_]*/y;
const SPACE = /[ \t\n\r]+|#[^\n\r]*/y;
const BLANKS = /[ \t\n\r]+/y;
const SIGN = /==|!=|<=|>=|<\/|>\/|[-+*/%^=<>(){}[\],@]/y;
const DURATION_SIGNS: ReadonlySet<string> = new Set("]()+-*/%^,");
const BRACE_SIGN = /=~|!~|!=|[=,}]/y;

/**
 * Splits a query into tokens; the last one is `eof`, or `error` where the text cannot be read further.
 * Label matchers (inside braces) and durations (inside brackets) have words and signs of their own.
 */
export function lex(query: string): readonly Token[] {
  return new Lexer(query).run();
}

export class Lexer extends Scanner {
  #parentheses = 0;
  #inBraces = false;
  #inBrackets = false;
  // In brackets up to the first number: words, signs and errors are others there.
  #inDuration = false;
  #sawColon = false;
  // Of the whole query.
  #sawNumber = false;

  run(): readonly Token[] {
    while (!this.isDone) this.#next();
    return this.tokens;
  }

  /** Stops where the metric ends that the text begins with: after `up`, or after `{job="api"}`. */
  protected runMetric(): void {
    do this.#next();
    while (this.#isInMetric());
  }

  #isInMetric(): boolean {
    if (this.isDone) return false;
    const last = this.tokens.at(-1);
    return last === undefined || this.#inBraces || (mayNameMetric(last) && this.character === "{");
  }

  #next(): void {
    if (this.match(this.#inDuration ? BLANKS : SPACE) !== undefined) return;
    if (this.at >= this.text.length) return this.#end();
    if (this.#inBraces) return this.#nextInBraces();
    const character = this.character;
    if (character === '"' || character === "'" || character === "`") {
      return this.#inDuration ? this.#unexpectedInDuration(character) : this.#string(character);
    }
    if (/\d/.test(character) || (character === "." && /\d/.test(this.text[this.at + 1] ?? ""))) return this.#number();
    if (/[A-Za-z_:]/.test(character)) return this.#inBrackets ? this.#wordInBrackets(character) : this.word();
    this.#sign(character);
  }

  #end(): void {
    if (this.#inBraces) return this.fail("unexpected end of input inside braces");
    if (this.#inDuration) return this.fail("unexpected end of input in duration expression");
    if (this.#parentheses !== 0) return this.fail("unclosed left parenthesis");
    if (this.#inBrackets) return this.fail("unclosed left bracket");
    this.push("eof", "");
  }

  #nextInBraces(): void {
    const character = this.character;
    if (character === '"' || character === "'" || character === "`") return this.#string(character);
    const label = this.match(LABEL);
    if (label !== undefined) return this.push("identifier", label);
    const sign = this.match(BRACE_SIGN);
    if (sign !== undefined) {
      this.#inBraces = sign !== "}";
      return this.push(sign, sign);
    }
    if (character === "!") {
      return this.fail(`unexpected character after '!' inside braces: ${this.rune(this.at + 1)}`);
    }
    this.fail(character === "{" ? "unexpected left brace '{'" : `unexpected character inside braces: ${this.rune()}`);
  }

  #number(): void {
    const start = this.at;
    const { kind, end } = scanNumberOrDuration(this.text, start);
    const text = this.text.slice(start, end);
    if (kind === undefined) return this.fail(`bad number or duration syntax: ${JSON.stringify(text)}`);
    if (this.#inDuration) this.#sawNumber = true;
    this.#inDuration = false;
    this.at = end;
    this.push(kind, text);
  }

  protected word(): void {
    const text = this.match(WORD) ?? "";
    const word = text.toLowerCase();
    if (word === "inf" || word === "nan") return this.push("number", text);
    if (isKeyword(word)) return this.push(word, text);
    this.push(text.includes(":") ? "metric_identifier" : "identifier", text);
  }

  #wordInBrackets(character: string): void {
    if (character === ":") return this.#colon();
    const start = this.at;
    const text = this.match(LETTERS) ?? "";
    const word = text.toLowerCase();
    if (["step", "range", "min_of", "max_of"].includes(word)) return this.push(word, text);
    this.at = start;
    if (this.#inDuration) return this.#unexpectedInDuration(character);
    this.fail(`unexpected character: ${this.rune()}, expected ':'`);
  }

  #colon(): void {
    if (this.#sawColon && !this.#inDuration) return this.fail("unexpected colon ':'");
    this.at++;
    if (this.#inDuration && !this.#sawNumber)
      return this.fail("unexpected colon before duration in duration expression");
    if (this.#sawColon) return this.fail("unexpected repeated colon in duration expression");
    this.push(":", ":");
    this.#sawColon = true;
  }

  #sign(character: string): void {
    if (this.#inDuration && !DURATION_SIGNS.has(character)) return this.#unexpectedInDuration(this.#wholeCharacter);
    const start = this.at;
    const sign = this.match(SIGN);
    if (sign === undefined && character === "!") {
      return this.fail(`unexpected character after '!': ${this.rune(this.at + 1)}`);
    }
    if (sign === undefined || sign === "}") {
      this.at = start;
      return this.fail(`unexpected character: ${this.rune()}`);
    }
    if (sign === "=" && this.character === "~") return this.failAt(start, "unexpected character after '=': '~'");
    if (sign === "(") this.#parentheses++;
    // It is counted before it is refused: the place is behind it.
    if (sign === ")" && --this.#parentheses < 0) return this.fail("unexpected right parenthesis ')'");
    if (sign === "{") this.#inBraces = true;
    if (sign === "[" && this.#inBrackets) return this.failAt(start, "unexpected left bracket '['");
    if (sign === "]" && !this.#inBrackets) return this.failAt(start, "unexpected right bracket ']'");
    if (sign === "[" || sign === "]") {
      this.#inBrackets = this.#inDuration = sign === "[";
      this.#sawColon = false;
    }
    this.push(sign, sign);
  }

  get #wholeCharacter(): string {
    return String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
  }

  #unexpectedInDuration(character: string): void {
    this.fail(`unexpected character in duration expression: ${runeText(character)}`);
  }

  #string(quote: string): void {
    const start = this.at;
    const raw = quote === "`";
    for (this.at++; this.at < this.text.length; this.at++) {
      const character = this.character;
      if (character === quote) {
        this.at++;
        return this.push("string", this.text.slice(start, this.at));
      }
      if (character === "\uFFFD") return this.failAt(start, "invalid UTF-8 rune");
      if (character === "\n" && !raw) break;
      if (character === "\\" && !raw) {
        const problem = this.#escape(quote);
        if (problem !== undefined) return this.failAt(start, problem);
      }
    }
    this.failAt(start, raw ? "unterminated raw string" : "unterminated quoted string");
  }

  /** Steps over an escape sequence to its last character; returns what is wrong with it, if anything is. */
  #escape(quote: string): string | undefined {
    const kind = this.text[++this.at];
    if (kind === undefined) return "escape sequence not terminated";
    if (kind === quote || "abfnrtv\\".includes(kind)) return undefined;
    const digits = { x: 2, u: 4, U: 8 }[kind] ?? (/[0-7]/.test(kind) ? 3 : 0);
    if (digits === 0) return `unknown escape sequence ${codePointText(kind)}`;
    const digit = digits === 3 ? /[0-7]/ : /[\da-fA-F]/;
    const first = digits === 3 ? this.at : this.at + 1;
    for (this.at = first; this.at < first + digits; this.at++) {
      const character = this.text[this.at];
      if (character === undefined) return "escape sequence not terminated";
      if (!digit.test(character)) return `illegal character ${codePointText(character)} in escape sequence`;
    }
    this.at--;
    const code = Number.parseInt(this.text.slice(first, first + digits), digits === 3 ? 8 : 16);
    const valid = digits <= 3 ? code <= 255 : code <= 0x10ffff && (code < 0xd800 || code >= 0xe000);
    return valid ? undefined : "escape sequence is an invalid Unicode code point";
  }
}

function codePointText(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  return PRINTABLE.test(character) ? `${code} '${character}'` : code;
}
