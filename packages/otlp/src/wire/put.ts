/**
 * The same writing as `Writer` does, for the few places that write millions of times a second: functions on a
 * buffer and a position that return the position after what they wrote, so that both stay in registers. Whoever calls
 * them makes the room first (`Writer.room`).
 */
import { varintSize } from "./writer.ts";

/** Longer texts are copied by the runtime: for these, a call into it costs more than it saves. */
const MAX_LOOPED = 40;

/** What a text may need: three bytes a character, and its length. */
export function textRoom(text: string): number {
  return 3 * text.length + 5;
}

/** An unsigned integer up to 2^31-1. */
export function putVarint(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** 32 bits, the lowest byte first. */
export function putLittleWord(bytes: Uint8Array, position: number, value: number): number {
  bytes[position] = value;
  bytes[position + 1] = value >>> 8;
  bytes[position + 2] = value >>> 16;
  bytes[position + 3] = value >>> 24;
  return position + 4;
}

/** 32 bits, the highest byte first. */
export function putWord(bytes: Uint8Array, position: number, value: number): number {
  bytes[position] = value >>> 24;
  bytes[position + 1] = value >>> 16;
  bytes[position + 2] = value >>> 8;
  bytes[position + 3] = value;
  return position + 4;
}

/** Its length in bytes, and the text. */
export function putText(bytes: Buffer, position: number, text: string): number {
  const { length } = text;
  if (length > MAX_LOOPED) return putLongText(bytes, position, text);
  const start = position + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return putLongText(bytes, position, text);
    bytes[start + i] = code;
  }
  bytes[position] = length;
  return start + length;
}

/** Written first, and its length then, for which as many bytes are left as it takes if it is ASCII. */
function putLongText(bytes: Buffer, position: number, text: string): number {
  const guess = varintSize(text.length);
  const start = position + guess;
  const length = bytes.write(text, start);
  const size = varintSize(length);
  if (size > guess) bytes.copyWithin(position + size, start, start + length);
  return putVarint(bytes, position, length) + length;
}

/** Fills in the length of the message from `start` to `end`, for which one byte was left before it. Returns its end, which is moved on where that was too little. */
export function putLength(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 128) {
    bytes[start - 1] = length;
    return end;
  }
  const extra = varintSize(length) - 1;
  bytes.copyWithin(start + extra, start, end);
  putVarint(bytes, start - 1, length);
  return end + extra;
}
