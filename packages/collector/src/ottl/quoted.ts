/** Go's quoted strings: `strconv.Unquote` and `strconv.Quote`. */

const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/y;
const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/** What stands between the quotes; undefined where Go would not read it. */
export function unquote(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1);
  if (!inner.includes("\\")) return inner.includes("\n") ? undefined : inner;
  const pieces: Buffer[] = [];
  let offset = 0;
  while (offset < inner.length) {
    const next = inner.indexOf("\\", offset);
    const plain = inner.slice(offset, next < 0 ? undefined : next);
    if (plain.includes("\n")) return undefined;
    pieces.push(Buffer.from(plain));
    if (next < 0) break;
    ESCAPE.lastIndex = next;
    const match = ESCAPE.exec(inner);
    const bytes = match === null ? undefined : escaped(match);
    if (bytes === undefined) return undefined;
    pieces.push(bytes);
    offset = ESCAPE.lastIndex;
  }
  return Buffer.concat(pieces).toString();
}

/** `\x` and octal escapes are bytes, the others characters. */
function escaped([, simple, hex, short, long, octal]: RegExpExecArray): Buffer | undefined {
  if (simple !== undefined) return Buffer.from(SIMPLE[simple]!);
  if (hex !== undefined) return Buffer.from(hex, "hex");
  if (octal !== undefined) return Buffer.from([Number.parseInt(octal, 8)]);
  const codePoint = Number.parseInt(short ?? long ?? "", 16);
  return codePoint > 0x10ffff ? undefined : Buffer.from(String.fromCodePoint(codePoint));
}

/** The text in quotes, as `%q` writes it. */
export function quote(text: string): string {
  let quoted = "";
  for (const character of text) quoted += quotedCharacter(character);
  return `"${quoted}"`;
}

function quotedCharacter(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const name = Object.keys(SIMPLE).find((one) => SIMPLE[one] === character);
  if (name !== undefined) return `\\${name}`;
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) return character;
  const codePoint = character.codePointAt(0)!;
  if (codePoint < 0x80) return `\\x${codePoint.toString(16).padStart(2, "0")}`;
  const isLong = codePoint > 0xffff;
  return `\\${isLong ? "U" : "u"}${codePoint.toString(16).padStart(isLong ? 8 : 4, "0")}`;
}
