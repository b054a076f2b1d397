import { PROTOCOLS, type Signal } from "@clew/otlp";
import type { OtlpSettings } from "./otlp-config.ts";
import { jsonEncoding, PROTOBUF } from "./body-encoding.ts";
import { GrpcTransport } from "./grpc-transport.ts";
import { HeaderAskingTransport } from "./header-asking-transport.ts";
import { HttpTransport } from "./http-transport.ts";
import type { Headers } from "./request-headers.ts";

/** What became of one request. */
export type OtlpResponse =
  /** `body` is the export response message. */
  | { readonly outcome: "accepted"; readonly body: Uint8Array }
  /** `errorType`: a status, or the code of what failed. Sending the same again may succeed; not before `retryAfterMs`, when the server says so. */
  | {
      readonly outcome: "retryable";
      readonly reason: string;
      readonly errorType: string;
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly outcome: "refused"; readonly reason: string; readonly errorType: string };

/** Sends export requests to one place over a connection that is kept. */
export interface OtlpTransport {
  /** `headers` are this request's, beside those of all. Never rejects. Gives up after `timeoutMs`. */
  send(body: Uint8Array, timeoutMs: number, headers?: Headers): Promise<OtlpResponse>;
  /** Whether a request that it was given may not have left the process yet. */
  hasUnsentBytes(): boolean;
  close(): void;
}

export function createTransport(signal: Signal, settings: OtlpSettings): OtlpTransport {
  const transport =
    settings.protocol === "grpc"
      ? new GrpcTransport(PROTOCOLS[signal].grpcPath, settings)
      : new HttpTransport(settings, settings.protocol === "http/json" ? jsonEncoding(signal) : PROTOBUF);
  return settings.askedHeaders === undefined
    ? transport
    : new HeaderAskingTransport(transport, settings.askedHeaders, settings.clock);
}
