import type { Labels } from "./labels.ts";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A number in [0, 1) that depends on the labels alone, so that `limit_ratio` always picks the same series. */
export function ratioOffset(labels: Labels): number {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(labels.key)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  // Finished as MurmurHash3 does: FNV alone spreads short texts badly over the high bits.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
