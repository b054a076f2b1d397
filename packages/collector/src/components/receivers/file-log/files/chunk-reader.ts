/** Reads what a file got since it was last read. */
import type { FileHandle } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

const CHUNK_BYTES = 256 * 1024;

/**
 * Bytes from `offset` on. `atLeast` is how many are needed to make sense of them; fewer are returned only at the
 * end of the file.
 */
export async function readChunk(handle: FileHandle, offset: number, atLeast: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, atLeast));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** All that a gzip file holds from `offset` on, in pieces. */
export async function* inflatedFrom(path: string, offset: number): AsyncGenerator<Buffer> {
  let toSkip = offset;
  for await (const chunk of createReadStream(path).pipe(createGunzip()) as AsyncIterable<Buffer>) {
    const skipped = Math.min(toSkip, chunk.length);
    toSkip -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}

/** The first bytes of what a gzip file holds. */
export async function inflatedStart(path: string, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of inflatedFrom(path, 0)) {
    chunks.push(chunk);
    received += chunk.length;
    if (received >= length) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}
