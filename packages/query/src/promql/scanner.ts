import { quoted } from "./labels.ts";
import type { Token } from "./tokens.ts";

/** What stands for a character after the end. */
const NO_CHARACTER = 0xfffd;

/** Steps through a text and collects its tokens, of which the last is `eof`, or `error` where it cannot be read further. */
export class Scanner {
  protected readonly text: string;
  protected readonly tokens: Token[] = [];
  protected at = 0;

  constructor(text: string) {
    this.text = text;
  }

  protected get isDone(): boolean {
    const last = this.tokens.at(-1);
    return last?.kind === "eof" || last?.kind === "error";
  }

  protected get character(): string {
    return this.text[this.at] ?? "";
  }

  /** Steps over what a sticky pattern finds here. */
  protected match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** The token that ends here. */
  protected push(kind: string, text: string): void {
    this.tokens.push({ kind, text, start: this.at - text.length, end: this.at });
  }

  protected fail(problem: string): void {
    this.failAt(this.at, problem);
  }

  protected failAt(start: number, problem: string): void {
    this.tokens.push({ kind: "error", text: problem, start, end: start + 1 });
  }

  /** A character as an error message shows it. */
  protected rune(at: number = this.at): string {
    return runeText(String.fromCodePoint(this.text.codePointAt(at) ?? NO_CHARACTER));
  }
}

/** Single-quoted, with the escapes of Go's `strconv.QuoteRune`. */
export function runeText(character: string): string {
  if (character === '"') return `'"'`;
  return character === "'" ? String.raw`'\''` : `'${quoted(character).slice(1, -1)}'`;
}
