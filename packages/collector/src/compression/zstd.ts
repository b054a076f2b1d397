/** Zstandard: Node's own where it has one (22.15 and later), else WebAssembly. */
import * as zlib from "node:zlib";
import type { ZlibOptions } from "node:zlib";
import { promisify } from "node:util";

const MAGIC = 0xfd2fb528;
const DEFAULT_LEVEL = 3;
/** The library's number for "the output does not fit". */
const TOO_SMALL = /code -70$/;

interface Zstd {
  /** Throws or rejects where the bytes are broken; with what `tooLarge` returns above `limitBytes`. */
  decompress(bytes: Buffer, limitBytes: number, tooLarge: () => Error): Promise<Buffer>;
  compress(bytes: Uint8Array, level?: number): Promise<Uint8Array>;
}

type Callback = (error: Error | null, result: Buffer) => void;
type NativeFunction = (bytes: Uint8Array, options: ZlibOptions & { params?: object }, done: Callback) => void;

/** Loaded when it is first needed, once. */
export const zstd: () => Promise<Zstd> = once(() => {
  const { zstdDecompress, zstdCompress } = zlib as unknown as Record<string, NativeFunction | undefined>;
  return zstdDecompress === undefined || zstdCompress === undefined ? ofWasm() : ofNode(zstdDecompress, zstdCompress);
});

function ofNode(decompress: NativeFunction, compress: NativeFunction): Promise<Zstd> {
  const { ZSTD_c_compressionLevel: levelParameter = 100 } = zlib.constants as unknown as Record<string, number>;
  return Promise.resolve({
    decompress: (bytes, maxOutputLength) => promisify(decompress)(bytes, { maxOutputLength }),
    compress: (bytes, level = DEFAULT_LEVEL) => promisify(compress)(bytes, { params: { [levelParameter]: level } }),
  });
}

async function ofWasm(): Promise<Zstd> {
  const { init, compress, decompress } = await import("@bokuweb/zstd-wasm");
  await init();
  return {
    decompress(bytes, limitBytes, tooLarge) {
      // The library allocates what the frame claims: that is looked at first.
      if ((contentSizeOf(bytes) ?? 0) > limitBytes) return Promise.reject(tooLarge());
      try {
        return Promise.resolve(Buffer.from(decompress(bytes, { defaultHeapSize: limitBytes })));
      } catch (error) {
        return Promise.reject(TOO_SMALL.test(String(error)) ? tooLarge() : error);
      }
    },
    compress: (bytes, level = DEFAULT_LEVEL) => Promise.resolve(compress(bytes, level)),
  };
}

/** How long the frame says that its content is (RFC 8878, section 3.1.1.1), if it does. Throws where it is no frame. */
function contentSizeOf(frame: Buffer): number | undefined {
  if (frame.length < 6 || frame.readUInt32LE(0) !== MAGIC) throw new Error("zstd: magic number mismatch");
  const descriptor = frame[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const start = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  if (sizeBytes === 0) return undefined;
  if (start + sizeBytes > frame.length) throw new Error("zstd: unexpected EOF");
  if (sizeBytes === 8) return Number(frame.readBigUInt64LE(start));
  return frame.readUIntLE(start, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}
