/** Go's literals, as the lexer has found them. */
import { unquoted } from "@clew/query";

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
  return BigInt(unquoted(`"${text.slice(1, -1)}"`).codePointAt(0) ?? 0);
}
