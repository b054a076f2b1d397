import { ESCAPED_BYTES } from "./labels.ts";

const GREATEST_CODE_POINT = 0x10ffff;
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The text that a quoted or raw string of Go's stands for, as PromQL has them too. A lexer has checked its escape sequences. */
export function unquoted(source: string): string {
  const body = source.slice(1, -1);
  if (source.startsWith("`")) return body;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [part, octal, hex, short, long, other] of body.matchAll(
    /\\([0-7]{3})|\\x([\da-fA-F]{2})|\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})|\\([\s\S])|[^\\]+/g,
  )) {
    // Octal and hexadecimal escapes are bytes: several of them may make up one character.
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (short !== undefined || long !== undefined) bytes.push(...encoder.encode(codePoint(short ?? long)));
    else if (other !== undefined) bytes.push(...encoder.encode(ESCAPES[other] ?? other));
    else bytes.push(...encoder.encode(part));
  }
  return decoded(Uint8Array.from(bytes));
}

/** UTF-8 to text; each byte that is not part of a well-formed character becomes a lone surrogate. */
function decoded(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (!text.includes("\ufffd")) return text;
  let out = "";
  for (let i = 0; i < bytes.length;) {
    const length = characterLength(bytes, i);
    out +=
      length === 0
        ? String.fromCharCode(ESCAPED_BYTES + (bytes[i] ?? 0))
        : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(i, i + length));
    i += Math.max(1, length);
  }
  return out;
}

/** How many bytes the well-formed character at `start` has; 0 where there is none. */
function characterLength(bytes: Uint8Array, start: number): number {
  for (let length = 1; length <= 4; length++) {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, start + length));
      return start + length <= bytes.length ? length : 0;
    } catch {
      // Not a whole character yet, or none at all.
    }
  }
  return 0;
}

function codePoint(hex = "0"): string {
  const code = Number.parseInt(hex, 16);
  return code > GREATEST_CODE_POINT ? "\ufffd" : String.fromCodePoint(code);
}
