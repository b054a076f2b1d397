/** Encodings of files: where lines end, and what their bytes say. */
import { isUtf8 } from "node:buffer";

export interface LineDecoder {
  /** `nop` is no text: there are no lines. */
  readonly kind: "utf-8" | "utf-16" | "other" | "nop";
  /** The bytes of a newline. */
  readonly newline: Uint8Array;
  /** The same text as UTF-8; what is none of the encoding becomes U+FFFD. */
  toUtf8(line: Buffer): Buffer;
}

const LINE_FEED = Buffer.from("\n");

/** Throws `RangeError` for an unknown name. */
export function decoderFor(encoding: string): LineDecoder {
  const name = encoding.toLowerCase();
  switch (name) {
    case "nop":
      return { kind: "nop", newline: LINE_FEED, toUtf8: (line) => line };
    case "":
    case "utf-8":
    case "utf8":
    case "utf-8-raw":
    case "ascii":
    case "us-ascii":
      return {
        kind: "utf-8",
        newline: LINE_FEED,
        toUtf8: (line) => (isUtf8(line) ? line : Buffer.from(line.toString())),
      };
    default: {
      const decoder = new TextDecoder(name);
      const toUtf8 = (line: Buffer): Buffer => Buffer.from(decoder.decode(line));
      if (name === "utf-16be") return { kind: "utf-16", newline: Buffer.from([0, 10]), toUtf8 };
      if (name.startsWith("utf-16")) return { kind: "utf-16", newline: Buffer.from([10, 0]), toUtf8 };
      return { kind: "other", newline: LINE_FEED, toUtf8 };
    }
  }
}
