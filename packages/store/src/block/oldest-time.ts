import { ByteReader } from "./byte-reader.ts";

const COLUMN = "Timestamp";
const NANOS = "DateTime64(9)";
/** Of the columns that stand before the times of points. */
const WIDTHS: Readonly<Record<string, number>> = { UInt32: 4, UInt64: 8, [NANOS]: 8 };
const TWO_32 = 4_294_967_296;

/** The smallest time of a block of points, in whole milliseconds since the epoch; -Infinity where it can't be found. */
export function oldestTimeMs(block: Uint8Array): number {
  const reader = new ByteReader([block]);
  const columns = reader.varint();
  const rows = reader.varint();
  for (let i = 0; i < columns; i++) {
    const name = reader.string();
    const type = reader.string();
    const width = WIDTHS[type];
    if (width === undefined) return -Infinity;
    const [data] = reader.views(rows * width);
    if (name === COLUMN) return data === undefined || type !== NANOS ? -Infinity : smallestMs(data);
  }
  return -Infinity;
}

function smallestMs(nanos: Uint8Array): number {
  const view = new DataView(nanos.buffer, nanos.byteOffset, nanos.byteLength);
  let smallest = Infinity;
  for (let at = 0; at < nanos.length; at += 8) {
    const high = view.getInt32(at + 4, true);
    // Rounded as doubles are, which is far less than a millisecond.
    const time = high * TWO_32 + view.getUint32(at, true);
    if (time < smallest) smallest = time;
  }
  return Math.floor(smallest / 1e6) - 1;
}
