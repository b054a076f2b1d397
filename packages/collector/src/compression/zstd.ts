/** Zstandard: Node's own where it has one (22.15 and later), else WebAssembly. */
import * as zlib from "node:zlib";
import type { ZlibOptions } from "node:zlib";
import { promisify } from "node:util";
import { zstdFrames, type ZstdFrame } from "./zstd-frames.ts";

const DEFAULT_LEVEL = 3;
/** The library's number for "the output does not fit". */
const TOO_SMALL = /code -70$/;

interface Zstd {
  /** Throws or rejects where the bytes are broken; with what `tooLarge` returns above `limitBytes`. */
  decompress(bytes: Buffer, limitBytes: number, tooLarge: () => Error): Promise<Buffer>;
  compress(bytes: Uint8Array, level?: number): Promise<Uint8Array>;
}

/** What a library does with one frame. */
type DecompressFrame = (frame: ZstdFrame, limitBytes: number, tooLarge: () => Error) => Promise<Buffer>;

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
    decompress: framewise(({ bytes }, maxOutputLength) => promisify(decompress)(bytes, { maxOutputLength })),
    compress: (bytes, level = DEFAULT_LEVEL) => promisify(compress)(bytes, { params: { [levelParameter]: level } }),
  });
}

async function ofWasm(): Promise<Zstd> {
  const { init, compress, decompress } = await import("@bokuweb/zstd-wasm");
  await init();
  return {
    decompress: framewise(({ bytes, contentSize = 0 }, limitBytes, tooLarge) => {
      // The library allocates what the frame claims: that is looked at first.
      if (contentSize > limitBytes) return Promise.reject(tooLarge());
      try {
        return Promise.resolve(Buffer.from(decompress(bytes, { defaultHeapSize: limitBytes })));
      } catch (error) {
        return Promise.reject(TOO_SMALL.test(String(error)) ? tooLarge() : error);
      }
    }),
    compress: (bytes, level = DEFAULT_LEVEL) => Promise.resolve(compress(bytes, level)),
  };
}

function framewise(decompressFrame: DecompressFrame): Zstd["decompress"] {
  return async (data, limitBytes, tooLarge) => {
    const parts: Buffer[] = [];
    let left = limitBytes;
    for (const frame of zstdFrames(data)) {
      const part = await decompressFrame(frame, Math.max(left, 1), tooLarge);
      left -= part.length;
      if (left < 0) throw tooLarge();
      parts.push(part);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  };
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}
