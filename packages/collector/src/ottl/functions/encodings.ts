import { TextDecoder } from "node:util";
/** Texts in other encodings. */
import { OttlError } from "../ottl-error.ts";

interface Variant {
  readonly isUrl: boolean;
  readonly isPadded: boolean;
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  base64: { isUrl: false, isPadded: true },
  "base64-raw": { isUrl: false, isPadded: false },
  "base64-url": { isUrl: true, isPadded: true },
  "base64-raw-url": { isUrl: true, isPadded: false },
};

export function encodeBase64(text: string, name: string): string {
  const variant = VARIANTS[name];
  if (variant === undefined) throw new OttlError(`unsupported base64 variant: ${name}`);
  const bytes = Buffer.from(text);
  const encoded = variant.isUrl ? bytes.toString("base64url") : bytes.toString("base64").replaceAll("=", "");
  return variant.isPadded ? encoded.padEnd(Math.ceil(encoded.length / 4) * 4, "=") : encoded;
}

/** Node's names of encodings that are known under others. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  "": "utf-8",
  utf8: "utf-8",
  "utf8-raw": "utf-8",
  "utf-8-raw": "utf-8",
  ascii: "utf-8",
  "us-ascii": "utf-8",
  nop: "utf-8",
  utf16: "utf-16le",
  "utf-16": "utf-16le",
};

/** A function that decodes bytes of that encoding. Throws where there is none of that name. */
export function decoderOf(name: string): (bytes: Uint8Array) => string {
  const variant = VARIANTS[name];
  if (variant !== undefined) return (bytes) => decodeBase64(Buffer.from(bytes).toString("latin1"), variant);
  const lower = name.toLowerCase();
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(OTHER_NAMES[lower] ?? lower, { ignoreBOM: true });
  } catch (cause) {
    throw new OttlError(`unsupported encoding '${name}'`, { cause });
  }
  return (bytes) => decoder.decode(bytes);
}

/** As strict as Go: the alphabet, the padding and nothing beyond. */
function decodeBase64(text: string, { isUrl, isPadded }: Variant): string {
  const source = text.replaceAll(/[\r\n]/g, "");
  const alphabet = isUrl ? /^[A-Za-z0-9_-]*/ : /^[A-Za-z0-9+/]*/;
  const [digits] = alphabet.exec(source)!;
  const padding = source.slice(digits.length);
  const rest = digits.length % 4;
  const expected = isPadded && rest > 0 ? "=".repeat(4 - rest) : "";
  if (rest === 1 || padding !== expected) {
    const at = padding === "" ? digits.length - rest : digits.length;
    throw new OttlError(`could not decode: illegal base64 data at input byte ${at}`);
  }
  return Buffer.from(digits, isUrl ? "base64url" : "base64").toString();
}
