import { promisify } from "node:util";
import { diag } from "@opentelemetry/api";

/** `zstd` is for HTTP, and needs Node 22.15 or later. */
export type OtlpCompression = "none" | "gzip" | "zstd";
export const COMPRESSIONS: readonly OtlpCompression[] = ["none", "gzip", "zstd"];

type Compress = (body: Uint8Array) => Promise<Uint8Array>;
type CallbackCompress = (body: Uint8Array, callback: (error: Error | null, result: Buffer) => void) => void;

/** What compresses so; `undefined` for what leaves a body as it is. */
export function compressorOf(compression: OtlpCompression): Compress | undefined {
  if (compression === "none") return undefined;
  const compress = (compression === "zstd" ? zstdCompress() : undefined) ?? process.getBuiltinModule("node:zlib").gzip;
  return promisify<Uint8Array, Uint8Array>(compress);
}

/** `wanted`, or gzip with a warning where that is not to be had. */
export function usableCompression(wanted: OtlpCompression, protocol: string): OtlpCompression {
  if (wanted !== "zstd" || (protocol !== "grpc" && zstdCompress() !== undefined)) return wanted;
  const reason = protocol === "grpc" ? "is not for gRPC" : `is not in Node ${process.versions.node}`;
  diag.warn(`OTLP compression zstd ${reason}: gzip is used`);
  return "gzip";
}

function zstdCompress(): CallbackCompress | undefined {
  return (process.getBuiltinModule("node:zlib") as { readonly zstdCompress?: CallbackCompress }).zstdCompress;
}
