/** Compresses bodies that we send. */
import { constants, deflate, gzip, type ZlibOptions } from "node:zlib";
import { promisify } from "node:util";
import { snappyCompress, snappyCompressFramed } from "./snappy.ts";
import { zstd } from "./zstd.ts";

export type OutgoingCompression = "gzip" | "zlib" | "deflate" | "snappy" | "x-snappy-framed" | "zstd";

/** -1 is the format's own default; -2, with zlib's formats, only codes what it finds. */
export const DEFAULT_LEVEL: number = constants.Z_DEFAULT_COMPRESSION;
const HUFFMAN_ONLY = -2;

const gzipped = promisify<Uint8Array, ZlibOptions, Buffer>(gzip);
const deflated = promisify<Uint8Array, ZlibOptions, Buffer>(deflate);

export async function compress(bytes: Uint8Array, as: OutgoingCompression, level: number): Promise<Uint8Array> {
  switch (as) {
    case "gzip":
      return gzipped(bytes, zlibOptions(level));
    case "zlib":
    case "deflate":
      return deflated(bytes, zlibOptions(level));
    case "snappy":
      return snappyCompress(bytes);
    case "x-snappy-framed":
      return snappyCompressFramed(bytes);
    case "zstd":
      return (await zstd()).compress(bytes, level > 0 ? level : undefined);
  }
}

function zlibOptions(level: number): ZlibOptions {
  return level === HUFFMAN_ONLY ? { strategy: constants.Z_HUFFMAN_ONLY } : { level };
}
