/** Bodies as they were before compression, up to a limit: a bomb is stopped while it inflates, not after. */
import { gunzip, gunzipSync, inflate, inflateSync, type ZlibOptions } from "node:zlib";
import { promisify } from "node:util";
import { ClewError, messageOf } from "@clew/base";
import { lz4Decompress } from "./lz4.ts";
import { snappyDecompress } from "./snappy.ts";
import { zstd } from "./zstd.ts";

/** Below this, inflating on the spot costs less than a trip to the thread pool. */
const SYNC_BELOW_BYTES = 32 * 1024;

/** The compressions that we can undo, under the names that `Content-Encoding` has for them. */
export type Compression = "gzip" | "zstd" | "zlib" | "deflate" | "snappy" | "x-snappy-framed" | "lz4";

/** Throws or rejects where the bytes are broken, or as soon as they are more than `limitBytes`. */
type Decompress = (compressed: Buffer, limitBytes: number) => Promise<Buffer> | Buffer;

const DECOMPRESSORS: Readonly<Record<Compression, Decompress>> = {
  gzip: ofZlib(gunzipSync, promisify<Uint8Array, ZlibOptions, Buffer>(gunzip)),
  zlib: ofZlib(inflateSync, promisify<Uint8Array, ZlibOptions, Buffer>(inflate)),
  deflate: ofZlib(inflateSync, promisify<Uint8Array, ZlibOptions, Buffer>(inflate)),
  zstd: async (compressed, limit) => (await zstd()).decompress(compressed, limit, () => tooLarge(limit)),
  snappy: (compressed, limit) => snappyDecompress(compressed, limit, () => tooLarge(limit)),
  "x-snappy-framed": (compressed, limit) => snappyDecompress(compressed, limit, () => tooLarge(limit)),
  lz4: (compressed, limit) => lz4Decompress(compressed, limit, () => tooLarge(limit)),
};

export function isCompression(name: string): name is Compression {
  return Object.hasOwn(DECOMPRESSORS, name);
}

/** Rejects with `BODY_TOO_LARGE` above `limitBytes`, `BODY_CORRUPT` where the bytes are not what they should be. */
export async function decompress(compressed: Buffer, as: Compression, limitBytes: number): Promise<Buffer> {
  try {
    return await DECOMPRESSORS[as](compressed, limitBytes);
  } catch (cause) {
    if (cause instanceof ClewError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limitBytes, cause);
    throw new ClewError("BODY_CORRUPT", messageOf(cause), { remedy: `send a whole ${as} body`, cause });
  }
}

function ofZlib(
  sync: (bytes: Uint8Array, options: ZlibOptions) => Buffer,
  pooled: (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>,
): Decompress {
  return (compressed, maxOutputLength) =>
    (compressed.length < SYNC_BELOW_BYTES ? sync : pooled)(compressed, { maxOutputLength });
}

function tooLarge(limitBytes: number, cause?: unknown): ClewError {
  return new ClewError("BODY_TOO_LARGE", `body is larger than ${limitBytes} bytes after decompression`, {
    remedy: "send smaller batches, or raise the receiver's limit",
    cause,
  });
}
