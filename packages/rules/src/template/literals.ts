/** Go's literals, as the lexer has found them. */

const NAMED: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** A whole number is Go's int, a bigint here; what has a point or an exponent is a float. */
export function numberValue(text: string): number | bigint {
  const plain = text.replaceAll("_", "");
  const [, sign = "", digits = ""] = /^([+-]?)(.*)$/.exec(plain) ?? [];
  if (/^(?:0[xXbBoO][\da-fA-F]+|\d+)$/.test(digits)) {
    const octal = /^0\d+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    const value = BigInt(/^0o\d*[89]/.test(octal) ? digits.replace(/^0+/, "") : octal);
    return sign === "-" ? -value : value;
  }
  return Number(plain);
}

/** The code of `'x'`. */
export function characterCode(text: string): bigint {
  return BigInt(unquotedGo(`"${text.slice(1, -1)}"`).codePointAt(0) ?? 0);
}

/** What a quoted or raw string stands for. */
export function unquotedGo(text: string): string {
  if (text.startsWith("`")) return text.slice(1, -1);
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const parts = /\\x([\da-fA-F]{2})|\\([0-7]{3})|\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})|\\([\s\S])|[^\\]+/g;
  for (const [whole, hex, octal, short, long, other] of text.slice(1, -1).matchAll(parts)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (short !== undefined || long !== undefined) {
      const code = Number.parseInt(short ?? long ?? "0", 16);
      bytes.push(...encoder.encode(code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code)));
    } else bytes.push(...encoder.encode(other === undefined ? whole : (NAMED[other] ?? other)));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
