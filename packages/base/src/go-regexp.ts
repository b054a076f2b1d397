import { ClewError } from "./clew-error.ts";
import { goRegExpFault } from "./go-regexp-fault.ts";

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

const SPACES = "\\t\\n\\f\\r ";

const TOKEN =
  /\\Q([\s\S]*?)(?:\\E|$)|\\[pP](?:\{\^?\w+\}|[A-Za-z])|\\x\{([\da-fA-F]+)\}|\\x[\da-fA-F]{2}|\\([1-7][0-7]{1,2}|0[0-7]{0,2})|\\[\s\S]|\[:(\^?)(\w+):\]|\(\?P?<(\w+)>|\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])|\{\d+(?:,\d*)?\}|[\s\S]/gu;
const SYNTAX = /[\\^$.*+?()[\]{}|/]/gu;

export interface GoRegExpOptions {
  /** Whether the whole text must match, as Prometheus has it. Default: any part of it. */
  readonly whole?: boolean;
  /** Whether `.` matches a newline without `(?s)`. */
  readonly dotAll?: boolean;
}

/** Flags that stand before the whole expression become flags of the JavaScript expression. */
const LEADING_FLAGS = /^\(\?([ims]+)\)/;

/** A JavaScript expression that matches what Go's RE2 syntax describes. Throws `REGEXP_INVALID` with Go's words. */
export function goRegExp(source: string, { whole = false, dotAll = false }: GoRegExpOptions = {}): RegExp {
  const fault = goRegExpFault(source, isUnicodeClass);
  if (fault !== undefined) throw invalid(fault);
  const leading = LEADING_FLAGS.exec(source)?.[1] ?? "";
  const flags = new Set(`u${leading}${dotAll ? "s" : ""}`);
  const rest = leading === "" ? source : source.slice(leading.length + 3);
  try {
    const text = new Translation(flags.has("s")).of(rest);
    return new RegExp(whole ? `^(?:${text})$` : text, [...flags].join(""));
  } catch (cause) {
    throw invalid(`error parsing regexp: invalid expression: \`${source}\``, cause);
  }
}

function invalid(what: string, cause?: unknown): ClewError {
  return new ClewError("REGEXP_INVALID", what, { remedy: "write it in RE2's syntax", cause });
}

/** Goes through an expression once. JavaScript has no flags for parts of an expression: `(?i)` is spelled out. */
class Translation {
  /** For each open group, whether case is ignored in it from here on. */
  readonly #ignoreCase: boolean[] = [false];
  readonly #names = new Set<string>();
  #inClass = false;
  #classStart = 0;
  // Where what stands for many characters of a class ended last.
  #classEnd = -1;
  #positionAt: { readonly start: number; readonly end: number } | undefined;
  #text = "";
  readonly #dotAll: boolean;

  constructor(dotAll: boolean) {
    this.#dotAll = dotAll;
  }

  of(source: string): string {
    for (const match of source.matchAll(TOKEN)) this.#add(match);
    return this.#text;
  }

  #add(match: RegExpExecArray): void {
    const [token, literal, codePoint, octal, negation = "", posix, name, on, off, end] = match;
    if (literal !== undefined) for (const character of literal) this.#literal(character);
    else if (codePoint !== undefined) this.#text += `\\u{${codePoint}}`;
    else if (octal !== undefined) this.#text += `\\u{${Number.parseInt(octal, 8).toString(16)}}`;
    else if (posix !== undefined && this.#inClass) this.#posix(negation, posix);
    else if (token.startsWith("\\")) this.#escape(token);
    else if (this.#inClass) this.#inClassCharacter(token);
    else if (name !== undefined) this.#named(name);
    else if (end !== undefined) this.#flags(on ?? "", off ?? "", end);
    else if (token.length > 1 && token.startsWith("{")) this.#quantifier(token);
    else this.#syntax(token);
  }

  #syntax(token: string): void {
    for (const character of token) {
      if (this.#inClass) this.#inClassCharacter(character);
      else if (character === "(") this.#open("(");
      else if (character === ")") {
        this.#ignoreCase.pop();
        this.#text += ")";
      } else if (character === "[") {
        this.#inClass = true;
        this.#text += "[";
        this.#classStart = this.#text.length;
      } else if (character === "]" || character === "{" || character === "}") this.#text += `\\${character}`;
      // JavaScript's dot leaves out more line ends than \n.
      else if (character === "." && !this.#dotAll) this.#text += "[^\\n]";
      else if (/[*+?]/.test(character)) this.#quantifier(character);
      else if (/[\^$]/.test(character)) this.#position(character);
      else if (/[.|]/.test(character)) this.#text += character;
      else this.#literal(character);
    }
  }

  #inClassCharacter(token: string): void {
    for (const character of token) {
      const isFirst = this.#text.length === this.#classStart || this.#text.slice(this.#classStart) === "^";
      if (character === "]" && !isFirst) {
        this.#inClass = false;
        this.#text += "]";
      } else if (character === "^" && this.#text.length === this.#classStart) this.#text += "^";
      else if (character === "-") this.#text += this.#isAfterClass() ? "\\-" : "-";
      else this.#literal(character);
    }
  }

  /** JavaScript repeats no positions, but groups of them. */
  #quantifier(text: string): void {
    const at = this.#positionAt;
    if (at !== undefined && at.end === this.#text.length)
      this.#text = `${this.#text.slice(0, at.start)}(?:${this.#text.slice(at.start)})`;
    this.#text += text;
  }

  #position(text: string): void {
    this.#positionAt = { start: this.#text.length, end: this.#text.length + text.length };
    this.#text += text;
  }

  /** Whether what stands for many characters of a class was added last: no range begins with it. */
  #isAfterClass(): boolean {
    return this.#classEnd === this.#text.length;
  }

  #many(text: string): void {
    this.#text += text;
    this.#classEnd = this.#text.length;
  }

  /** JavaScript takes a name once, and none that begins with a digit: such a group is one without. */
  #named(name: string): void {
    this.#open(this.#names.has(name) || /^\d/.test(name) ? "(" : `(?<${name}>`);
    this.#names.add(name);
  }

  #open(text: string): void {
    this.#ignoreCase.push(this.#ignoreCase.at(-1) ?? false);
    this.#text += text;
  }

  /** `(?i)` holds to the end of its group, `(?i:` opens one. The other flags change nothing that matters here. */
  #flags(on: string, off: string, end: string): void {
    if (!/^[imsU]*$/.test(on + off)) throw new SyntaxError(`invalid or unsupported flags: ${on}${off}`);
    if (end === ":") this.#open("(?:");
    const before = this.#ignoreCase.pop() ?? false;
    this.#ignoreCase.push((before || on.includes("i")) && !off.includes("i"));
  }

  #posix(negation: string, name: string): void {
    const members = POSIX_CLASSES[name];
    if (members === undefined) throw new SyntaxError(`invalid character class range: ${name}`);
    this.#many(negation === "" ? members : allBut(members));
  }

  #escape(token: string): void {
    const character = token.slice(1);
    if (character === "A" && !this.#inClass) this.#position("^");
    else if (character === "z" && !this.#inClass) this.#position("$");
    else if (/^[bB]/.test(character) && !this.#inClass) this.#position(token);
    else if (character === "a") this.#text += "\\x07";
    // JavaScript's white space is more than ASCII's.
    else if (character === "s") this.#many(this.#inClass ? SPACES : `[${SPACES}]`);
    else if (character === "S" && !this.#inClass) this.#text += `[^${SPACES}]`;
    else if (character === "S") this.#many(allBut(SPACES));
    else if (/^[pP]/.test(character)) this.#many(unicodeClass(token));
    else if (/^[dDwW]/.test(character)) this.#many(token);
    else if (/^[A-Za-z0-9]/.test(character)) this.#text += token;
    else this.#literal(character);
  }

  #literal(character: string): void {
    const cases =
      this.#ignoreCase.at(-1) === true
        ? new Set([character.toLowerCase(), character.toUpperCase()])
        : new Set([character]);
    const escaped = [...cases].map((one) => one.replaceAll(SYNTAX, "\\$&").replace(/^-$/, this.#inClass ? "\\-" : "-"));
    this.#text += this.#inClass || escaped.length === 1 ? escaped.join("") : `[${escaped.join("")}]`;
  }
}

/** The characters of a class's complement, of which it tells those that are ASCII. */
function allBut(members: string): string {
  const isMember = new RegExp(`[${members}]`, "u");
  const hex = (code: number): string => `\\x${code.toString(16).padStart(2, "0")}`;
  let ranges = "";
  for (let code = 0; code < 0x80; code++) if (!isMember.test(String.fromCodePoint(code))) ranges += hex(code);
  return `${ranges}\\x80-\\u{10ffff}`;
}

/** `\pL` and `\p{L}` name general categories, `\p{Greek}` a script; `^` in the braces negates. */
function unicodeClass(token: string): string {
  const given = token.slice(2).replaceAll(/[{}^]/g, "");
  const name = given.length === 1 ? given.toUpperCase() : given;
  const isNegated = token.startsWith("\\P") !== token.includes("^");
  return `\\${isNegated ? "P" : "p"}{${name.length > 2 ? `Script=${name}` : name}}`;
}

function isUnicodeClass(token: string): boolean {
  try {
    return new RegExp(unicodeClass(token), "u").source !== "";
  } catch {
    return false;
  }
}
