/**
 * Short runs of bytes, copied and compared four at a time: a loop over single ones takes three times as long, and a call of the
 * system's for the ten or twenty that names and values have takes longer still.
 */

/** Forwards. They may overlap where the target is at least four bytes behind the source, or before it. */
export function copyShort(from: DataView, fromAt: number, to: DataView, toAt: number, count: number): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) to.setUint32(toAt + i, from.getUint32(fromAt + i));
  for (; i < count; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i));
}

export function areEqualShort(a: DataView, aAt: number, b: DataView, bAt: number, count: number): boolean {
  let i = 0;
  for (; i + 4 <= count; i += 4) if (a.getUint32(aAt + i) !== b.getUint32(bAt + i)) return false;
  for (; i < count; i++) if (a.getUint8(aAt + i) !== b.getUint8(bAt + i)) return false;
  return true;
}
