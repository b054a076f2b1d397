import xxhash from "xxhash-wasm";
import type { Labels } from "./labels.ts";

const encoder = new TextEncoder();
const hashes = await xxhash();
/** A length takes one byte up to here, above it this byte and three more. */
const LONG = 255;

/** A number in [0, 1] that depends on the labels alone: by it `limit_ratio` picks the series that Prometheus picks. */
export function ratioOffset(labels: Labels): number {
  const bytes: number[] = [];
  for (const pair of labels) {
    for (const text of pair) {
      const encoded = encoder.encode(text);
      const { length } = encoded;
      if (length < LONG) bytes.push(length);
      else bytes.push(LONG, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff);
      for (const byte of encoded) bytes.push(byte);
    }
  }
  return Number(hashes.h64Raw(Uint8Array.from(bytes))) / 2 ** 64;
}
