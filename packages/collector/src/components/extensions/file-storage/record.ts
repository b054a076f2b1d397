/**
 * A storage file: records one after the other, each a set of changes that are made together.
 *
 *     record  | body length  u32 LE | CRC-32 of the body  u32 LE | body |
 *     body    | key length  u16 LE | value length + 1  u32 LE, 0 to remove | key | value | …
 *
 * A crash may cut the last record short; whoever wrote it was then not told that it is safe,
 * so it is passed over.
 */
import { crc32 } from "node:zlib";
import type { StorageChange } from "../../../extension.ts";

const HEAD_BYTES = 8;
const CHANGE_HEAD_BYTES = 6;

/** Where a value lies in its file; undefined where the key is removed. */
export interface Located {
  readonly key: string;
  readonly start: number | undefined;
  readonly length: number;
}

/** A record's bytes, sharing memory with the values, and where each lies from the record's start. */
export function recordOf(changes: readonly StorageChange[]): {
  parts: Uint8Array[];
  located: Located[];
  byteLength: number;
} {
  const located: Located[] = [];
  const body: Uint8Array[] = [];
  let length = 0;
  for (const { key, value } of changes) {
    const name = Buffer.from(key);
    const head = Buffer.alloc(CHANGE_HEAD_BYTES);
    head.writeUInt16LE(name.length, 0);
    head.writeUInt32LE(value === undefined ? 0 : value.length + 1, 2);
    body.push(head, name);
    length += CHANGE_HEAD_BYTES + name.length;
    located.push({ key, start: value === undefined ? undefined : HEAD_BYTES + length, length: value?.length ?? 0 });
    if (value === undefined) continue;
    body.push(value);
    length += value.length;
  }
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(
    body.reduce((checksum, part) => crc32(part, checksum), 0),
    4,
  );
  return { parts: [head, ...body], located, byteLength: HEAD_BYTES + length };
}

export interface FileContent {
  /** Each change, in order; where a value lies is from the file's start. */
  readonly changes: readonly Located[];
  /** Where the last whole record ends. */
  readonly end: number;
}

/** Reads the records that stand whole, up to the first that does not. */
export function readRecords(file: Buffer): FileContent {
  const changes: Located[] = [];
  let position = 0;
  while (position + HEAD_BYTES <= file.length) {
    const start = position + HEAD_BYTES;
    const end = start + file.readUInt32LE(position);
    if (end > file.length || crc32(file.subarray(start, end)) !== file.readUInt32LE(position + 4)) break;
    readChanges(file, start, end, changes);
    position = end;
  }
  return { changes, end: position };
}

function readChanges(file: Buffer, start: number, end: number, changes: Located[]): void {
  let position = start;
  while (position < end) {
    const keyStart = position + CHANGE_HEAD_BYTES;
    const keyEnd = keyStart + file.readUInt16LE(position);
    const mark = file.readUInt32LE(position + 2);
    const length = Math.max(0, mark - 1);
    const key = file.toString("utf8", keyStart, keyEnd);
    changes.push({ key, start: mark === 0 ? undefined : keyEnd, length });
    position = keyEnd + length;
  }
}
