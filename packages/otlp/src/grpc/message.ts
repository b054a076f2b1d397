/**
 * gRPC over HTTP/2, as far as unary calls need it
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). A message on the wire:
 *
 *     0            1                      5
 *     | compressed | length, big endian   | message …
 */
import { decodeStatus, encodeStatus, RPC_CODE, type Status } from "../response.ts";

export const PREFIX_BYTES = 5;
export const CONTENT_TYPE = "application/grpc";

/** The names of the codes, as Go prints them: `Unavailable`, `DeadlineExceeded`. */
export const CODE_NAMES: readonly string[] = Object.keys(RPC_CODE).map((name) =>
  name === "OK"
    ? name
    : name.toLowerCase().replaceAll(/(^|_)([a-z])/g, (_all, _under, letter: string) => letter.toUpperCase()),
);

export interface Prefix {
  readonly compressed: boolean;
  readonly length: number;
}

/** Undefined until `bytes` hold the whole prefix. */
export function readPrefix(bytes: Uint8Array): Prefix | undefined {
  if (bytes.length < PREFIX_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  return { compressed: view.getUint8(0) === 1, length: view.getUint32(1) };
}

export function prefixOf({ compressed, length }: Prefix): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

export type StatusTrailers = Record<"grpc-status" | "grpc-message" | "grpc-status-details-bin", string>;

/** The trailers that end a call with `status`; the details carry its delay, if it has one. */
export function statusTrailers(status: Status): Partial<StatusTrailers> {
  const trailers: Partial<StatusTrailers> = { "grpc-status": String(status.code) };
  if (status.message !== "") trailers["grpc-message"] = percentEncode(status.message);
  if (status.retryDelayMs !== undefined) {
    trailers["grpc-status-details-bin"] = Buffer.from(encodeStatus(status)).toString("base64").replaceAll("=", "");
  }
  return trailers;
}

/** What trailers say. Without a status the call was cut off: UNKNOWN. */
export function statusOfTrailers(trailers: ReadonlyMap<string, string>): Status {
  const code = trailers.get("grpc-status");
  if (code === undefined) return { code: RPC_CODE.UNKNOWN, message: "the server sent no grpc-status" };
  return {
    code: Number(code),
    message: percentDecode(trailers.get("grpc-message") ?? ""),
    retryDelayMs: retryDelayOf(trailers.get("grpc-status-details-bin") ?? ""),
  };
}

function retryDelayOf(details: string): number | undefined {
  if (details === "") return undefined;
  try {
    return decodeStatus(Buffer.from(details, "base64")).retryDelayMs;
  } catch {
    return undefined; // Details that we cannot read only lose their hint.
  }
}

function percentEncode(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
