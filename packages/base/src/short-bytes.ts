/**
 * Short runs of bytes, copied and compared four at a time: a loop over single ones takes three times as long, and a call of the
 * system's for the ten or twenty that names and values have takes longer still.
 */

/** Forwards. They may overlap where the target is at least four bytes behind the source. */
export function copyShort(from: DataView, fromAt: number, to: DataView, toAt: number, count: number): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) to.setUint32(toAt + i, from.getUint32(fromAt + i));
  if (i === count) return;
  if (i > 0) return to.setUint32(toAt + count - 4, from.getUint32(fromAt + count - 4));
  for (; i < count; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i));
}

export function areEqualShort(a: DataView, aAt: number, b: DataView, bAt: number, count: number): boolean {
  let i = 0;
  for (; i + 4 <= count; i += 4) if (a.getUint32(aAt + i) !== b.getUint32(bAt + i)) return false;
  if (i === count) return true;
  if (i > 0) return a.getUint32(aAt + count - 4) === b.getUint32(bAt + count - 4);
  for (; i < count; i++) if (a.getUint8(aAt + i) !== b.getUint8(bAt + i)) return false;
  return true;
}

const MIX = 0x9e3779b1;
const LAST_MIX = 0x85ebca6b;

/** 32 bits, each of which depends on all of the bytes and of the seed. */
export function hashShort(bytes: DataView, at: number, count: number, seed: number): number {
  let hash = seed ^ count;
  let i = 0;
  for (; i + 4 <= count; i += 4) hash = mixed(hash ^ bytes.getInt32(at + i));
  if (i < count && i > 0) hash = mixed(hash ^ bytes.getInt32(at + count - 4));
  else for (; i < count; i++) hash = mixed(hash ^ bytes.getUint8(at + i));
  const last = Math.imul(hash, LAST_MIX);
  return last ^ (last >>> 16);
}

function mixed(hash: number): number {
  const product = Math.imul(hash, MIX);
  return product ^ (product >>> 15);
}
