/**
 * A spool file: frames one after the other, each a block for one table.
 *
 *     frame    | body length  u32 LE | CRC-32 of the body  u32 LE | body |
 *     body     | length of the target  u16 LE | target | Native block |
 *
 * A target is what an INSERT names, `table (column, …)`, so that a segment can still be
 * drained by a program whose tables have other columns.
 *
 * A crash may cut the last frame short; whoever wrote it was then not told that it is safe,
 * so it is passed over. A frame that does not add up although others follow was damaged later.
 */
import { crc32 } from "node:zlib";

const FRAME_HEAD = 8;
const TARGET_HEAD = 2;

export interface Frame {
  /** `table (column, …)` */
  readonly target: string;
  readonly block: Uint8Array;
}

/** A frame's bytes, sharing memory with the block's parts. */
export function framed(target: string, blockParts: readonly Uint8Array[]): Uint8Array[] {
  const name = Buffer.from(target, "latin1");
  const body = [Buffer.from([name.length & 255, name.length >> 8]), name, ...blockParts];
  const head = Buffer.alloc(FRAME_HEAD);
  let length = 0;
  let checksum = 0;
  for (const part of body) {
    length += part.length;
    checksum = crc32(part, checksum);
  }
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(checksum, 4);
  return [head, ...body];
}

export interface SegmentContent {
  /** The frames that stand whole, in order. */
  readonly frames: readonly Frame[];
  /** Frames that were whole once and are no more. */
  readonly damaged: number;
}

/** Reads a segment as far as its frames' lengths lead. */
export function readFrames(segment: Buffer): SegmentContent {
  const frames: Frame[] = [];
  let damaged = 0;
  let damagedSinceLast = 0;
  let position = 0;
  while (position + FRAME_HEAD <= segment.length) {
    const start = position + FRAME_HEAD;
    const end = start + segment.readUInt32LE(position);
    if (end > segment.length || end < start + TARGET_HEAD) break;
    const body = segment.subarray(start, end);
    const targetEnd = TARGET_HEAD + body.readUInt16LE(0);
    if (crc32(body) === segment.readUInt32LE(position + 4) && targetEnd <= body.length) {
      frames.push({ target: body.toString("latin1", TARGET_HEAD, targetEnd), block: body.subarray(targetEnd) });
      damaged += damagedSinceLast;
      damagedSinceLast = 0;
    } else damagedSinceLast++;
    position = end;
  }
  return { frames, damaged };
}

/** Each target's blocks in one piece, which is again a Native stream. */
export function blocksByTarget(frames: readonly Frame[]): Map<string, Uint8Array[]> {
  const targets = new Map<string, Uint8Array[]>();
  for (const { target, block } of frames) {
    const blocks = targets.get(target);
    if (blocks === undefined) targets.set(target, [block]);
    else blocks.push(block);
  }
  return targets;
}
