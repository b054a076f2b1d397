/** Cuts a template into text and the tokens of its actions, as Go's `text/template` does. */
import { parseFault } from "./template-error.ts";

export type TokenKind =
  | "text"
  | "left"
  | "right"
  | "space"
  | "identifier"
  | "keyword"
  | "bool"
  | "nil"
  | "field"
  | "variable"
  | "dot"
  | "number"
  | "char"
  | "string"
  | "raw"
  | "pipe"
  | "("
  | ")"
  | ","
  | ":="
  | "="
  | "end of text";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set("if else end range with define template block break continue".split(" "));
const WORD = /[\p{L}\p{Nd}_]*/uy;
const NUMBER = /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:[\d_]*\.?[\d_]*)(?:[eE][+-]?[\d_]+)?)/y;
const SYMBOLS: readonly (":=" | "=" | "|" | "," | "(" | ")")[] = [":=", "=", "|", ",", "(", ")"];

/** Throws a `TemplateError`. */
export function lexTemplate(name: string, text: string): readonly Token[] {
  return new Lexer(name, text).run();
}

class Lexer {
  readonly #name: string;
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #depth = 0;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
  }

  run(): readonly Token[] {
    let trimNext = false;
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf("{{", this.#at);
      const end = open < 0 ? this.#text.length : open;
      const trimsBefore = open >= 0 && /^\{\{-[ \t\r\n]/.test(this.#text.slice(open, open + 4));
      this.#plainText(end, trimNext, trimsBefore);
      if (open < 0) break;
      trimNext = this.#action(trimsBefore ? 4 : 2);
    }
    this.#push("end of text", "");
    return this.#tokens;
  }

  #plainText(end: number, trimStart: boolean, trimEnd: boolean): void {
    let text = this.#text.slice(this.#at, end);
    const whole = text;
    if (trimStart) text = text.replace(/^[ \t\r\n]+/, "");
    if (trimEnd) text = text.replace(/[ \t\r\n]+$/, "");
    if (text !== "") this.#push("text", text);
    this.#advance(whole);
  }

  /** One `{{ … }}`; true where white space after it is to go. */
  #action(delimiterLength: number): boolean {
    const startLine = this.#line;
    const opening = this.#text.slice(this.#at, this.#at + delimiterLength);
    if (this.#text.startsWith("/*", this.#at + delimiterLength)) return this.#comment(delimiterLength);
    this.#push("left", "{{");
    this.#advance(opening);
    this.#depth = 0;
    for (;;) {
      const closing = /[ \t\r\n]-\}\}|\}\}/y;
      closing.lastIndex = this.#at;
      const close = closing.exec(this.#text)?.[0];
      if (close !== undefined) {
        if (this.#depth > 0) throw this.#fault("unclosed left paren");
        this.#push("right", "}}");
        this.#advance(close);
        return close.length > 2;
      }
      if (this.#at >= this.#text.length) throw parseFault(this.#name, startLine, "unclosed action");
      this.#inside();
    }
  }

  #comment(delimiterLength: number): boolean {
    const end = this.#text.indexOf("*/", this.#at + delimiterLength + 2);
    if (end < 0) throw this.#fault("unclosed comment");
    const close = /^(?:[ \t\r\n]-)?\}\}/.exec(this.#text.slice(end + 2))?.[0];
    if (close === undefined) throw this.#fault("comment ends before closing delimiter");
    this.#advance(this.#text.slice(this.#at, end + 2 + close.length));
    return close.length > 2;
  }

  #inside(): void {
    const rest = this.#text;
    const character = String.fromCodePoint(rest.codePointAt(this.#at) ?? 0);
    const space = /^[ \t\r\n]+/.exec(rest.slice(this.#at, this.#at + 256))?.[0];
    if (space !== undefined) return this.#take("space", this.#spaceBeforeClose(space));
    const symbol = SYMBOLS.find((one) => rest.startsWith(one, this.#at));
    if (symbol !== undefined) return this.#symbol(symbol);
    if (character === '"') return this.#quotation("string", /"(?:[^"\\\n]|\\[^\n])*"/y, "unterminated quoted string");
    if (character === "`") return this.#quotation("raw", /`[^`]*`/y, "unterminated raw quoted string");
    if (character === "'")
      return this.#quotation("char", /'(?:[^'\\\n]|\\[^\n])+'/y, "unterminated character constant");
    if (/[-+\d]/.test(character) || /^\.\d/.test(rest.slice(this.#at, this.#at + 2))) return this.#number();
    if (character === ".") return this.#field();
    if (character === "$") return this.#ended("variable", `$${this.#wordAt(this.#at + 1)}`);
    if (/[\p{L}_]/u.test(character)) return this.#word();
    throw this.#fault(`unrecognized character in action: ${codePointText(character)}`);
  }

  /** The space of a ` -}}` belongs to the delimiter. */
  #spaceBeforeClose(space: string): string {
    const follows = this.#text.startsWith("-}}", this.#at + space.length);
    return follows && space.length > 1 ? space.slice(0, -1) : space;
  }

  #symbol(symbol: ":=" | "=" | "|" | "," | "(" | ")"): void {
    if (symbol === "(") this.#depth++;
    if (symbol === ")" && --this.#depth < 0) throw this.#fault("unexpected right paren");
    this.#take(symbol === "|" ? "pipe" : symbol, symbol);
  }

  #quotation(kind: "string" | "raw" | "char", pattern: RegExp, problem: string): void {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#fault(problem);
    this.#take(kind, found);
  }

  #number(): void {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text)?.[0] ?? "";
    const tail = this.#wordAt(this.#at + found.length);
    if (tail !== "" || !/\d/.test(found)) throw this.#fault(`bad number syntax: ${JSON.stringify(found + tail)}`);
    this.#take("number", found);
  }

  #field(): void {
    const word = this.#wordAt(this.#at + 1);
    if (word === "") this.#take("dot", ".");
    else this.#ended("field", `.${word}`);
  }

  #word(): void {
    const word = this.#wordAt(this.#at);
    if (KEYWORDS.has(word)) this.#ended("keyword", word);
    else if (word === "true" || word === "false") this.#ended("bool", word);
    else this.#ended(word === "nil" ? "nil" : "identifier", word);
  }

  /** Names have to be followed by something that can't belong to them. */
  #ended(kind: TokenKind, text: string): void {
    const next = this.#text.slice(this.#at + text.length, this.#at + text.length + 2);
    if (next !== "" && !/^(?:[ \t\r\n.,|:=()]|\}\})/.test(next)) {
      const character = String.fromCodePoint(this.#text.codePointAt(this.#at + text.length) ?? 0);
      throw this.#fault(`bad character ${codePointText(character)}`);
    }
    this.#take(kind, text);
  }

  #wordAt(offset: number): string {
    WORD.lastIndex = offset;
    return WORD.exec(this.#text)?.[0] ?? "";
  }

  #take(kind: TokenKind, text: string): void {
    this.#push(kind, text);
    this.#advance(text);
  }

  #push(kind: TokenKind, text: string): void {
    this.#tokens.push({ kind, text, offset: this.#at, line: this.#line });
  }

  #advance(text: string): void {
    this.#at += text.length;
    for (const character of text) if (character === "\n") this.#line++;
  }

  #fault(problem: string): Error {
    return parseFault(this.#name, this.#line, problem);
  }
}

/** A character as Go's `%#U` prints it: `U+007B '{'`. */
function codePointText(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  return /[\p{C}\p{Z}]/u.test(character) ? code : `${code} '${character}'`;
}
