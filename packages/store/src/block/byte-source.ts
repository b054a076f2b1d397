/**
 * Bytes that are compared and copied four at a time: a loop over single ones takes three times as long, and a call of the
 * system's for the ten or twenty that names and values have takes longer still.
 */
export interface ByteSource {
  readonly bytes: Uint8Array;
  /** Of all of `bytes`. */
  readonly dataView: DataView;
}

/** Where they do not overlap, or where `toAt` is before `fromAt`. */
export function copyBytes(from: DataView, fromAt: number, to: DataView, toAt: number, count: number): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) to.setUint32(toAt + i, from.getUint32(fromAt + i));
  for (; i < count; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i));
}

export function areEqualBytes(a: DataView, aAt: number, b: DataView, bAt: number, count: number): boolean {
  let i = 0;
  for (; i + 4 <= count; i += 4) if (a.getUint32(aAt + i) !== b.getUint32(bAt + i)) return false;
  for (; i < count; i++) if (a.getUint8(aAt + i) !== b.getUint8(bAt + i)) return false;
  return true;
}

export function sourceOf(bytes: Uint8Array): ByteSource {
  return { bytes, dataView: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
