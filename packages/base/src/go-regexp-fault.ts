/** What is wrong with an expression of RE2, in the words of Go's `regexp/syntax`. */

/** A number in braces may not be larger, nor may what nested ones come to. */
const MOST_REPEATS = 1_000;

const POSIX = /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;
const BRACES = /^\{(0|[1-9]\d*)(?:,(0|[1-9]\d*)?)?\}/;
const NAMED_GROUP = /^\(\?P?<(\w+)>/;
const FLAGS = /^\(\?(?:[imsU]*|[imsU]*-[imsU]+)([:)])/;
const ESCAPE =
  /^\\(?:[^A-Za-z0-9\x80-\u{10ffff}]|[1-7][0-7]{1,2}|0[0-7]{0,2}|x[\da-fA-F]{2}|x\{[\da-fA-F]+\}|[afnrtv])/u;
const PERL_CLASS = /^\\[dDsSwW]/;
const POSITION = /^\\[AbBz]/;
const LAST_CODE_POINT = 0x10ffff;

/** Of what may be repeated: how often it already is; undefined where nothing may be. */
type Weight = number | undefined;

interface Group {
  heaviest: number;
  last: Weight;
}

/** Undefined where nothing is. `isUnicodeClass`: whether `\p{…}` names one. */
export function goRegExpFault(source: string, isUnicodeClass: (token: string) => boolean): string | undefined {
  try {
    new Syntax(source, isUnicodeClass).check();
    return undefined;
  } catch (fault) {
    if (fault instanceof Fault) return fault.text;
    throw fault;
  }
}

class Fault {
  readonly text: string;

  constructor(what: string, part: string) {
    this.text = `error parsing regexp: ${what}: \`${part}\``;
  }
}

class Syntax {
  readonly #source: string;
  readonly #isUnicodeClass: (token: string) => boolean;
  // The innermost open group last; the first is the whole.
  readonly #groups: Group[] = [{ heaviest: 1, last: undefined }];
  #at = 0;

  constructor(source: string, isUnicodeClass: (token: string) => boolean) {
    this.#source = source;
    this.#isUnicodeClass = isUnicodeClass;
  }

  check(): void {
    let repeatedAt: number | undefined;
    while (this.#at < this.#source.length) {
      const start = this.#at;
      repeatedAt = this.#token(repeatedAt) ? start : undefined;
    }
    if (this.#groups.length > 1) throw new Fault("missing closing )", this.#source);
  }

  /** Whether it repeats what is before it. `repeatedAt`: where the token before does so. */
  #token(repeatedAt: number | undefined): boolean {
    const character = this.#source[this.#at]!;
    const braces = BRACES.exec(this.#rest);
    if ("*+?".includes(character)) return this.#repeat(1, undefined, repeatedAt);
    if (braces !== null) return this.#repeat(braces[0].length, braces, repeatedAt);
    if (character === "(") this.#open();
    else if (character === ")") this.#close();
    else if (character === "|") this.#step(1, undefined);
    else if (character === "[") this.#class();
    else if (character === "\\") this.#escaped();
    else this.#step(String.fromCodePoint(this.#source.codePointAt(this.#at)!).length, 1);
    return false;
  }

  get #rest(): string {
    return this.#source.slice(this.#at);
  }

  get #group(): Group {
    return this.#groups.at(-1)!;
  }

  #step(length: number, weight: Weight): void {
    this.#at += length;
    this.#group.last = weight;
    this.#group.heaviest = Math.max(this.#group.heaviest, weight ?? 1);
  }

  #repeat(length: number, braces: RegExpExecArray | undefined, repeatedAt: number | undefined): boolean {
    const { last } = this.#group;
    const start = this.#at;
    const end = start + length + (this.#source[start + length] === "?" ? 1 : 0);
    const [least, most] = braces === undefined ? [0, -1] : limitsOf(braces);
    if (braces !== undefined && (Math.max(least, most) > MOST_REPEATS || (most >= 0 && least > most)))
      throw new Fault("invalid repeat count", this.#source.slice(start, start + length));
    if (repeatedAt !== undefined)
      throw new Fault("invalid nested repetition operator", this.#source.slice(repeatedAt, end));
    if (last === undefined) throw new Fault("missing argument to repetition operator", this.#source.slice(start, end));
    const times = most < 0 ? least : most;
    const weight = braces === undefined || times === 1 ? last : times === 0 ? 1 : last * times;
    if (Math.max(least, most) >= 2 && weight > MOST_REPEATS)
      throw new Fault("invalid repeat count", this.#source.slice(start, end));
    this.#step(end - start, weight);
    return true;
  }

  #open(): void {
    if (!this.#rest.startsWith("(?")) return this.#enter(1);
    const named = NAMED_GROUP.exec(this.#rest);
    if (named !== null) return this.#enter(named[0].length);
    if (/^\(\?(?:P<.|<.)/s.test(this.#rest)) {
      const end = this.#rest.indexOf(">");
      throw new Fault("invalid named capture", end < 0 ? this.#rest : this.#rest.slice(0, end + 1));
    }
    const flags = FLAGS.exec(this.#rest);
    if (flags === null) throw new Fault("invalid or unsupported Perl syntax", badFlags(this.#rest));
    if (flags[1] === ":") this.#enter(flags[0].length);
    else this.#at += flags[0].length;
  }

  #enter(length: number): void {
    this.#at += length;
    this.#groups.push({ heaviest: 1, last: undefined });
  }

  #close(): void {
    const group = this.#groups.pop()!;
    if (this.#groups.length === 0) throw new Fault("unexpected )", this.#source);
    this.#step(1, group.heaviest);
  }

  #escaped(): void {
    const rest = this.#rest;
    if (rest.startsWith("\\Q")) {
      const end = rest.indexOf("\\E");
      const isEmpty = end === 2 || rest.length === 2;
      return this.#step(end < 0 ? rest.length : end + 2, isEmpty ? this.#group.last : 1);
    }
    if (rest.startsWith("\\C")) throw new Fault("invalid escape sequence", "\\C");
    const position = POSITION.exec(rest);
    if (position !== null) return this.#step(2, 1);
    const classLength = this.#classEscape();
    this.#step(classLength === 0 ? this.#escape().length : classLength, 1);
  }

  /** How long an escape of several characters is here; 0 where there is none. */
  #classEscape(): number {
    const rest = this.#rest;
    if (PERL_CLASS.test(rest)) return 2;
    if (!/^\\[pP]/.test(rest)) return 0;
    const token = /^\\[pP](?:\{[^}]*\}|[^{])/su.exec(rest)?.[0];
    if (token === undefined || !this.#isUnicodeClass(token))
      throw new Fault("invalid character class range", token ?? rest);
    return token.length;
  }

  /** An escape that stands for one character. */
  #escape(): string {
    const rest = this.#rest;
    if (rest === "\\") throw new Fault("trailing backslash at end of expression", "");
    const token = ESCAPE.exec(rest)?.[0];
    if (token !== undefined && codePointOf(token) <= LAST_CODE_POINT) return token;
    throw new Fault("invalid escape sequence", badEscape(rest));
  }

  #class(): void {
    const start = this.#at;
    this.#at += this.#source[start + 1] === "^" ? 2 : 1;
    for (let isFirst = true; isFirst || this.#source[this.#at] !== "]"; isFirst = false) {
      const posix = /^\[:.*?:\]/s.exec(this.#rest)?.[0];
      if (posix !== undefined && !POSIX.test(posix)) throw new Fault("invalid character class range", posix);
      const length = posix?.length ?? this.#classEscape();
      if (length > 0) this.#at += length;
      else this.#range(start);
    }
    this.#step(1, 1);
  }

  #range(classStart: number): void {
    const start = this.#at;
    const low = this.#classCharacter(classStart);
    if (this.#source[this.#at] !== "-" || [undefined, "]"].includes(this.#source[this.#at + 1])) return;
    this.#at++;
    const high = this.#classCharacter(classStart);
    if (high < low) throw new Fault("invalid character class range", this.#source.slice(start, this.#at));
  }

  #classCharacter(classStart: number): number {
    if (this.#at >= this.#source.length) throw new Fault("missing closing ]", this.#source.slice(classStart));
    const token =
      this.#source[this.#at] === "\\" ? this.#escape() : String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += token.length;
    return codePointOf(token);
  }
}

/** The most is -1 where there is none. */
function limitsOf([token, least = "", most]: RegExpExecArray): readonly [number, number] {
  if (most !== undefined) return [Number(least), Number(most)];
  return [Number(least), token.includes(",") ? -1 : Number(least)];
}

/** Up to and with the character that is none of the flags. */
function badFlags(rest: string): string {
  return /^\(\?[imsU]*(?:-[imsU]*)?.?/su.exec(rest)?.[0] ?? rest;
}

/** Up to and with the character that does not fit. */
function badEscape(rest: string): string {
  const brace = /^\\x\{([\da-fA-F]*)(.?)/su.exec(rest);
  if (brace === null) return /^\\(?:x.?.?|.)/su.exec(rest)?.[0] ?? rest;
  const digits = brace[1]!;
  for (let end = 1; end <= digits.length; end++)
    if (Number.parseInt(digits.slice(0, end), 16) > LAST_CODE_POINT) return `\\x{${digits.slice(0, end)}`;
  return brace[0];
}

const NAMED: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

function codePointOf(token: string): number {
  if (!token.startsWith("\\")) return token.codePointAt(0)!;
  const rest = token.slice(1);
  if (/^[0-7]/.test(rest)) return Number.parseInt(rest, 8);
  if (/^x./.test(rest)) return Number.parseInt(rest.replaceAll(/[x{}]/g, ""), 16);
  return NAMED[rest] ?? rest.codePointAt(0)!;
}
