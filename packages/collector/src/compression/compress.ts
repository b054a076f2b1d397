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

type Compress = (bytes: Uint8Array, level: number) => Promise<Uint8Array> | Uint8Array;

const COMPRESSORS: Readonly<Record<OutgoingCompression, Compress>> = {
  gzip: (bytes, level) => gzipped(bytes, zlibOptions(level)),
  zlib: (bytes, level) => deflated(bytes, zlibOptions(level)),
  deflate: (bytes, level) => deflated(bytes, zlibOptions(level)),
  snappy: snappyCompress,
  "x-snappy-framed": snappyCompressFramed,
  zstd: async (bytes, level) => (await zstd()).compress(bytes, level > 0 ? level : undefined),
};

export async function compress(bytes: Uint8Array, as: OutgoingCompression, level: number): Promise<Uint8Array> {
  return COMPRESSORS[as](bytes, level);
}

function zlibOptions(level: number): ZlibOptions {
  return level === HUFFMAN_ONLY ? { strategy: constants.Z_HUFFMAN_ONLY } : { level };
}
