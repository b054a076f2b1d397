/** Whole numbers in as few bits as their size needs: how many is told by how many ones stand before. */
import type { BitWriter } from "./bit-writer.ts";
import { fitsBits } from "./chunk.ts";

const SIZES = [3, 6, 9, 12, 18, 25, 56];
/** One more than there are sizes: 64 bits follow. */
const LONGEST = 8;

export function putVarbitInt(writer: BitWriter, value: number): void {
  put(writer, value, (size) => fitsBits(value, size));
}

/** From 0 on. */
export function putVarbitUint(writer: BitWriter, value: number): void {
  put(writer, value, (size) => value < 2 ** size);
}

function put(writer: BitWriter, value: number, fits: (size: number) => boolean): void {
  if (value === 0) return writer.bits(0, 1);
  const found = SIZES.findIndex(fits);
  if (found < 0) writer.bits(2 ** LONGEST - 1, LONGEST);
  else writer.bits(2 ** (found + 2) - 2, found + 2);
  writer.signedBits(value, SIZES[found] ?? 64);
}
