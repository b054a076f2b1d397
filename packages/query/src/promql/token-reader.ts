import { parsePrometheusDuration } from "./prometheus-duration.ts";
import { parseGoNumber } from "./go-number.ts";
import { parseError } from "./parse-error.ts";
import { QueryError } from "./query-error.ts";
import { describe, type Token } from "./tokens.ts";

const END: Token = { kind: "eof", text: "", start: 0, end: 0 };

/** A query nests at most this deep, so that no text can exhaust the stack. */
export const MAX_NESTING = 500;

/** Steps through tokens and words the complaints about them. */
export class TokenReader {
  protected readonly query: string;
  readonly #tokens: readonly Token[];
  // What is being read, the innermost last: an unexpected token is told with it.
  readonly #contexts: { readonly context: string; readonly expected: string }[] = [];
  #at = 0;
  #depth = 0;

  constructor(query: string, tokens: readonly Token[]) {
    this.query = query;
    this.#tokens = tokens;
  }

  /** Goes one level deeper; every call needs its `leave`. */
  protected enter(): void {
    if (++this.#depth > MAX_NESTING) throw parseError(this.query, this.peek, "expression is nested too deeply");
  }

  protected leave(): void {
    this.#depth--;
  }

  protected get peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  protected get peekAfter(): Token {
    return this.#tokens[this.#at + 1] ?? END;
  }

  /** Where the token before this one ends. */
  protected get previousEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  protected next(): Token {
    const token = this.peek;
    this.#at++;
    return token;
  }

  protected accept(...kinds: readonly string[]): Token | undefined {
    return kinds.includes(this.peek.kind) ? this.next() : undefined;
  }

  protected expect(kind: string): Token {
    return this.accept(kind) ?? this.failUnexpected();
  }

  /** Reads a part of which a complaint says that it is in it. */
  protected within<T>(context: string, expected: string, read: () => T): T {
    this.#contexts.push({ context, expected });
    const part = read();
    this.#contexts.pop();
    return part;
  }

  protected failUnexpected(): never {
    throw this.unexpected();
  }

  /** Without a context it is the innermost that is being read. */
  protected unexpected(context?: string, expected = ""): QueryError {
    const innermost = this.#contexts.at(-1) ?? { context: "", expected: "" };
    return this.#unexpectedIn(context === undefined ? innermost : { context, expected });
  }

  #unexpectedIn({ context, expected }: { readonly context: string; readonly expected: string }): QueryError {
    const token = this.peek;
    if (token.kind === "error") return parseError(this.query, token, token.text);
    const where = context === "" ? "" : ` in ${context}`;
    const wanted = expected === "" ? "" : `, expected ${expected}`;
    return parseError(this.query, token, `unexpected ${describe(token)}${where}${wanted}`);
  }

  /** The value of a number token, or the seconds of a duration token. */
  numberOf(token: Token): number {
    if (token.kind === "number") return this.#float(token);
    try {
      return parsePrometheusDuration(token.text) / 1000;
    } catch (thrown) {
      throw thrown instanceof QueryError ? parseError(this.query, token, thrown.what) : thrown;
    }
  }

  #float(token: Token): number {
    const value = parseGoNumber(token.text);
    if (Number.isFinite(value) || /^(?:inf|nan)$/i.test(token.text)) return value;
    const what = Number.isNaN(value) ? "invalid syntax" : "value out of range";
    const problem = `strconv.ParseFloat: parsing ${JSON.stringify(token.text)}: ${what}`;
    throw parseError(this.query, token, `error parsing number: ${problem}`);
  }
}
