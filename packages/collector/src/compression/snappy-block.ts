import { copyShort } from "@clew/base";

/**
 * Reads a block of Snappy (https://github.com/google/snappy/blob/main/format_description.txt).
 * Our own, since the decoders on npm loop for ever on some broken blocks.
 *
 *     decoded length, varint │ elements …
 *     element: low two bits of its tag 0 literal │ 1, 2, 3 copy with an offset of 1, 2, 4 bytes
 */
export class SnappyError extends Error {}

const LITERAL = 0;
/** By the low two bits of the tag. */
const OFFSET_BYTES = [0, 1, 2, 4];
/** Literals longer than that have their length in bytes of their own. */
const MAX_SHORT_LITERAL = 60;
/** A call of the system's copying costs more than the loop up to here. */
const MAX_LOOP_BYTES = 64;

/** Throws `SnappyError`, or what `tooLarge` returns where the block says that it is longer than `limitBytes`. */
export function readSnappyBlock(block: Buffer, limitBytes: number, tooLarge: () => Error): Buffer {
  const { length, start } = decodedLength(block);
  if (length > limitBytes) throw tooLarge();
  const out = Buffer.allocUnsafe(length);
  const from = viewOf(block);
  const to = viewOf(out);
  let written = 0;
  let position = start;
  while (position < block.length) {
    const tag = block[position++]!;
    const high = tag >>> 2;
    if ((tag & 3) === LITERAL) {
      const extra = high < MAX_SHORT_LITERAL ? 0 : high - MAX_SHORT_LITERAL + 1;
      const count = (extra === 0 ? high : numberAt(block, position, extra)) + 1;
      position += extra;
      if (position + count > block.length || written + count > length) throw corrupt();
      if (count <= MAX_LOOP_BYTES) copyShort(from, position, to, written, count);
      else block.copy(out, written, position, position + count);
      position += count;
      written += count;
    } else {
      const offsetBytes = OFFSET_BYTES[tag & 3]!;
      const low = numberAt(block, position, offsetBytes);
      position += offsetBytes;
      const isShort = offsetBytes === 1;
      const offset = isShort ? ((tag >>> 5) << 8) | low : low;
      const count = isShort ? (high & 7) + 4 : high + 1;
      if (offset === 0 || offset > written || written + count > length) throw corrupt();
      // It may overlap what it makes.
      if (offset >= 4) copyShort(to, written - offset, to, written, count);
      else for (let i = 0; i < count; i++) out[written + i] = out[written + i - offset]!;
      written += count;
    }
  }
  if (written !== length) throw corrupt();
  return out;
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

function decodedLength(block: Buffer): { length: number; start: number } {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    length += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { length, start: i + 1 };
  }
  throw corrupt();
}

function numberAt(block: Buffer, position: number, byteCount: number): number {
  if (position + byteCount > block.length) throw corrupt();
  if (byteCount === 1) return block[position]!;
  if (byteCount === 2) return block[position]! | (block[position + 1]! << 8);
  return block.readUIntLE(position, byteCount);
}

function corrupt(): SnappyError {
  return new SnappyError("snappy: corrupt input");
}
