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
 * so it is passed over. Anything else that does not add up was damaged later, and what follows it is found again.
 */
import { crc32 } from "node:zlib";
import { INSERTED_TABLES } from "../schema/tables.ts";

const FRAME_HEAD = 8;
const TARGET_HEAD = 2;
const OUR_TARGET = new RegExp(`^(?:${INSERTED_TABLES.join("|")}) \\([\\w\`., ]+\\)$`);

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
  /** Places where frames were whole once and are no more. */
  readonly damaged: number;
  /** Bytes at the end that are the beginning of a frame, or nothing yet. */
  readonly tornBytes: number;
}

interface PlacedFrame extends Frame {
  /** Where the next one begins. */
  readonly end: number;
}

/** Reads a segment as far as its frames' lengths lead, and looks for the next whole frame where they lead nowhere. */
export function readFrames(segment: Buffer): SegmentContent {
  const frames: Frame[] = [];
  let damaged = 0;
  let position = 0;
  while (position < segment.length) {
    const frame = frameAt(segment, position);
    if (frame !== undefined) {
      frames.push(frame);
      position = frame.end;
      continue;
    }
    const next = nextFrame(segment, position);
    if (next === undefined) break;
    damaged++;
    position = next;
  }
  const left = segment.subarray(position);
  const isTorn = isCutShort(left);
  if (left.length > 0 && !isTorn) damaged++;
  return { frames, damaged, tornBytes: isTorn ? left.length : 0 };
}

function frameAt(segment: Buffer, position: number): PlacedFrame | undefined {
  const end = endOfFrame(segment, position);
  if (end === undefined) return undefined;
  const body = segment.subarray(position + FRAME_HEAD, end);
  const targetEnd = TARGET_HEAD + body.readUInt16LE(0);
  if (targetEnd > body.length || crc32(body) !== segment.readUInt32LE(position + 4)) return undefined;
  return { target: body.toString("latin1", TARGET_HEAD, targetEnd), block: body.subarray(targetEnd), end };
}

/** Where the length at `position` leads; undefined where that is nowhere. */
function endOfFrame(segment: Buffer, position: number): number | undefined {
  const start = position + FRAME_HEAD;
  if (start > segment.length) return undefined;
  const end = start + segment.readUInt32LE(position);
  return end > segment.length || end < start + TARGET_HEAD ? undefined : end;
}

/** Where the next whole frame after a damaged one begins. */
function nextFrame(segment: Buffer, damagedAt: number): number | undefined {
  const led = endOfFrame(segment, damagedAt);
  if (led !== undefined && frameAt(segment, led) !== undefined) return led;
  for (let position = damagedAt + 1; position + FRAME_HEAD + TARGET_HEAD < segment.length; position++)
    if (namesOurTable(segment, position) && frameAt(segment, position) !== undefined) return position;
  return undefined;
}

/**
 * What telemetry says may look like a frame. All that such a one can do is what its sender could have done anyway: add
 * telemetry.
 */
function namesOurTable(segment: Buffer, position: number): boolean {
  const start = position + FRAME_HEAD + TARGET_HEAD;
  const length = segment.readUInt16LE(start - TARGET_HEAD);
  return start + length <= segment.length && OUR_TARGET.test(segment.toString("latin1", start, start + length));
}

/** Whether a crash may have left this: a frame that is not all there, or room that nothing was written to. */
function isCutShort(left: Buffer): boolean {
  return (
    left.length < FRAME_HEAD || left.length < FRAME_HEAD + left.readUInt32LE(0) || left.every((byte) => byte === 0)
  );
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
