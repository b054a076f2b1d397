/**
 * Snappy, as one block, which `snappy` means, or in frames
 * (https://github.com/google/snappy/blob/main/framing_format.txt), which older collectors sent
 * under that name.
 */
import { createRequire } from "node:module";
import { crc32c } from "./crc32c.ts";
import { readSnappyBlock, SnappyError } from "./snappy-block.ts";

const require = createRequire(import.meta.url);
/** The package brings no types. */
const snappy = require("snappyjs") as {
  compress(bytes: Uint8Array): Uint8Array;
};

const STREAM_IDENTIFIER: Buffer = Buffer.from([0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]);
const COMPRESSED = 0;
const UNCOMPRESSED = 1;
const FIRST_SKIPPABLE = 0x80;
const CHECKSUM_BYTES = 4;
const MAX_FRAME_BYTES = 65_536;

/** Throws `SnappyError`, or what `tooLarge` returns above `limitBytes`. */
export function snappyDecompress(compressed: Buffer, limitBytes: number, tooLarge: () => Error): Buffer {
  const isFramed = compressed.subarray(0, STREAM_IDENTIFIER.length).equals(STREAM_IDENTIFIER);
  return isFramed ? unframed(compressed, limitBytes, tooLarge) : readSnappyBlock(compressed, limitBytes, tooLarge);
}

export function snappyCompress(bytes: Uint8Array): Buffer {
  return Buffer.from(snappy.compress(bytes));
}

export function snappyCompressFramed(bytes: Uint8Array): Buffer {
  const chunks: Buffer[] = [STREAM_IDENTIFIER];
  for (let start = 0; start < bytes.length; start += MAX_FRAME_BYTES) {
    const plain = bytes.subarray(start, start + MAX_FRAME_BYTES);
    const body = snappyCompress(plain);
    const head = Buffer.alloc(8);
    head[0] = COMPRESSED;
    head.writeUIntLE(body.length + CHECKSUM_BYTES, 1, 3);
    head.writeUInt32LE(maskedChecksum(plain), 4);
    chunks.push(head, body);
  }
  return Buffer.concat(chunks);
}

function unframed(stream: Buffer, limitBytes: number, tooLarge: () => Error): Buffer {
  const plain: Buffer[] = [];
  let length = 0;
  for (let at = 0; at < stream.length;) {
    if (at + 4 > stream.length) throw new SnappyError("snappy: unexpected EOF");
    const type = stream[at]!;
    const start = at + 4;
    const end = start + stream.readUIntLE(at + 1, 3);
    if (end > stream.length) throw new SnappyError("snappy: unexpected EOF");
    at = end;
    if (type === COMPRESSED || type === UNCOMPRESSED) {
      const piece = frameOf(type, stream.subarray(start, end), limitBytes - length, tooLarge);
      length += piece.length;
      plain.push(piece);
    } else if (type < FIRST_SKIPPABLE) throw new SnappyError("snappy: unsupported input");
  }
  return Buffer.concat(plain, length);
}

function frameOf(type: number, frame: Buffer, limitBytes: number, tooLarge: () => Error): Buffer {
  if (frame.length < CHECKSUM_BYTES) throw new SnappyError("snappy: corrupt input");
  const body = frame.subarray(CHECKSUM_BYTES);
  if (type === UNCOMPRESSED && body.length > limitBytes) throw tooLarge();
  const plain = type === COMPRESSED ? readSnappyBlock(body, limitBytes, tooLarge) : body;
  if (plain.length > MAX_FRAME_BYTES || maskedChecksum(plain) !== frame.readUInt32LE(0)) {
    throw new SnappyError("snappy: corrupt input");
  }
  return plain;
}

function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
