import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { diag } from "@opentelemetry/api";

/** `zstd` is for HTTP, and needs Node 22.15 or later. */
export type OtlpCompression = "none" | "gzip" | "zstd";
export const COMPRESSIONS: readonly OtlpCompression[] = ["none", "gzip", "zstd"];

type Compress = (body: Uint8Array) => Promise<Uint8Array>;
type CallbackCompress = (body: Uint8Array, callback: (error: Error | null, result: Buffer) => void) => void;

const { zstdCompress } = zlib as { readonly zstdCompress?: CallbackCompress };

/** What compresses so; `undefined` for what leaves a body as it is. */
export function compressorOf(compression: OtlpCompression): Compress | undefined {
  if (compression === "zstd" && zstdCompress !== undefined) return promisify(zstdCompress);
  return compression === "none" ? undefined : promisify(zlib.gzip as CallbackCompress);
}

/** `wanted`, or gzip with a warning where that is not to be had. */
export function usableCompression(wanted: OtlpCompression, protocol: string): OtlpCompression {
  if (wanted !== "zstd" || (zstdCompress !== undefined && protocol !== "grpc")) return wanted;
  const reason = protocol === "grpc" ? "is not for gRPC" : `is not in Node ${process.versions.node}`;
  diag.warn(`OTLP compression zstd ${reason}: gzip is used`);
  return "gzip";
}
