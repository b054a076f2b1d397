const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The text that a quoted PromQL string stands for. The lexer has checked its escape sequences. */
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
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function codePoint(hex = "0"): string {
  return String.fromCodePoint(Number.parseInt(hex, 16));
}
