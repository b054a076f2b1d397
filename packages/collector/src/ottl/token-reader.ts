/** The tokens of a text, of which one is looked at. Readers of grammar go back by setting `at`. */
import { tokenize, type Token, type TokenKind } from "./lexer.ts";
import { OttlSyntaxError } from "./ottl-error.ts";

export class TokenReader {
  readonly #tokens: readonly Token[];
  /** Which token is looked at. */
  at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  get current(): Token {
    return this.#tokens[this.at]!;
  }

  is(kind: TokenKind, text: string): boolean {
    return this.current.kind === kind && this.current.text === text;
  }

  take(kind: TokenKind): Token | undefined {
    if (this.current.kind !== kind) return undefined;
    return this.#tokens[this.at++];
  }

  expect(punctuation: string): void {
    if (!this.is("punctuation", punctuation)) throw this.unexpected(JSON.stringify(punctuation));
    this.at++;
  }

  unexpected(expected?: string): OttlSyntaxError {
    const { kind, text, offset } = this.current;
    const got = kind === "end" ? '"<EOF>"' : JSON.stringify(text);
    const what = `unexpected token ${got}${expected === undefined ? "" : ` (expected ${expected})`}`;
    return new OttlSyntaxError(offset, what, { isGrammar: true });
  }

  /** A function's name is one word, though of several tokens. */
  name(): string {
    let name = "";
    while (this.current.kind === "upper" || this.current.kind === "lower") {
      name += this.current.text;
      const end = this.current.offset + this.current.text.length;
      this.at++;
      if (this.current.offset !== end) break;
    }
    return name;
  }

  isCall(): boolean {
    let at = this.at;
    while (this.#tokens[at]!.kind === "upper" || this.#tokens[at]!.kind === "lower") at++;
    return this.#tokens[at]!.text === "(" && at > this.at;
  }

  /** `(a, b) =>` */
  isLambda(): boolean {
    if (!this.is("punctuation", "(")) return false;
    let at = this.at + 1;
    while (isParameter(this.#tokens[at]!) || this.#tokens[at]!.text === ",") at++;
    return this.#tokens[at]!.text === ")" && this.#tokens[at + 1]!.kind === "arrow";
  }
}

export function isParameter({ kind }: Token): boolean {
  return kind === "lower" || kind === "underscore";
}
