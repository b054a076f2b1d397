import { RPC_CODE } from "@clew/otlp";
import { ClewError, messageOf } from "@clew/base";
import { isCompression, decompress } from "../compression/decompress.ts";
import { CallError } from "./call-error.ts";

/** What gRPC calls a message's compression. */
const ENCODINGS: ReadonlySet<string> = new Set(["gzip", "snappy", "zstd"]);

/** Rejects with `CallError`. */
export async function decompressed(message: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  if (encoding === "identity") {
    throw new CallError(RPC_CODE.INTERNAL, "grpc: compressed flag set with identity or empty encoding");
  }
  if (!ENCODINGS.has(encoding) || !isCompression(encoding)) {
    const what = `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`;
    throw new CallError(RPC_CODE.UNIMPLEMENTED, what);
  }
  try {
    return await decompress(message, encoding, maxBytes);
  } catch (error) {
    if (error instanceof ClewError && error.code === "BODY_TOO_LARGE") {
      const what = `grpc: received message after decompression larger than max ${maxBytes}`;
      throw new CallError(RPC_CODE.RESOURCE_EXHAUSTED, what);
    }
    const what = error instanceof ClewError ? error.what : messageOf(error);
    throw new CallError(RPC_CODE.INTERNAL, `grpc: failed to decompress the received message: ${what}`);
  }
}
