/** The bodies that an OTLP receiver answers with, in protobuf and in JSON. */
import { decode, type DecodedMessage } from "./decode.ts";
import { encode } from "./encode.ts";
import { toJson } from "./json/to-json.ts";
import type { Message } from "./schema/message.ts";
import { RetryInfo, RpcStatus } from "./schema/response.ts";
import { PROTOCOLS, type Signal } from "./signal.ts";
import { validate } from "./validate.ts";

const RETRY_INFO_URL = "type.googleapis.com/google.rpc.RetryInfo";

const NANOS_PER_SECOND = 1_000_000_000n;

const REJECTED: Readonly<Record<Signal, string>> = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
};

/** The codes of `google.rpc.Code`, which are gRPC's. */
export const RPC_CODE = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export interface Status {
  readonly code: number;
  readonly message: string;
  /** When the sender may try again. */
  readonly retryDelayMs?: number | undefined;
}

/** `google.rpc.Status` in protobuf, with `RetryInfo` among its details where there is a delay. */
export function encodeStatus({ code, message, retryDelayMs }: Status): Uint8Array {
  if (retryDelayMs === undefined) return encode(RpcStatus, { code, message });
  const totalNanos = BigInt(Math.round(retryDelayMs * 1e6));
  const retryDelay = { seconds: totalNanos / NANOS_PER_SECOND, nanos: Number(totalNanos % NANOS_PER_SECOND) };
  return encode(RpcStatus, {
    code,
    message,
    details: [{ typeUrl: RETRY_INFO_URL, value: encode(RetryInfo, { retryDelay }) }],
  });
}

/** Reads `google.rpc.Status`. Throws `OTLP_MALFORMED`. */
export function decodeStatus(bytes: Uint8Array): Status {
  const { code, message, details } = decodeUntrusted(RpcStatus, bytes) as {
    code: number;
    message: string;
    details: { typeUrl: string; value: Uint8Array }[];
  };
  const retry = details.find((detail) => detail.typeUrl === RETRY_INFO_URL);
  return { code, message, retryDelayMs: retry === undefined ? undefined : retryDelayOf(retry.value) };
}

function retryDelayOf(retryInfo: Uint8Array): number | undefined {
  const { retryDelay } = decodeUntrusted(RetryInfo, retryInfo) as { retryDelay?: { seconds: bigint; nanos: number } };
  return retryDelay === undefined ? undefined : Number(retryDelay.seconds) * 1_000 + retryDelay.nanos / 1e6;
}

/** `google.rpc.Status` as JSON text, with `RetryInfo` as protobuf's JSON mapping of `Any` has it. */
export function statusJson({ code, message, retryDelayMs }: Status): string {
  if (retryDelayMs === undefined) return JSON.stringify({ code, message });
  return JSON.stringify({
    code,
    message,
    details: [{ "@type": RETRY_INFO_URL, retryDelay: `${secondsText(retryDelayMs)}s` }],
  });
}

/** Without an exponent and without needless zeros. */
function secondsText(delayMs: number): string {
  return (delayMs / 1_000).toFixed(9).replace(/\.?0+$/, "");
}

function decodeUntrusted(message: Message, bytes: Uint8Array): DecodedMessage {
  validate(message, bytes);
  return decode(message, bytes);
}

export interface PartialSuccess {
  /** Spans, data points or log records that were not taken; 0 with a message is a warning. */
  readonly rejected: bigint;
  readonly errorMessage: string;
}

/** An `Export*ServiceResponse`; without a partial success it is empty, as the specification asks. */
export function encodeResponse(signal: Signal, partial?: PartialSuccess): Uint8Array {
  if (partial === undefined) return new Uint8Array(0);
  const partialSuccess = { [REJECTED[signal]]: partial.rejected, errorMessage: partial.errorMessage };
  return encode(PROTOCOLS[signal].response, { partialSuccess });
}

/** The partial success that a receiver reported, undefined if there was none. Throws `OTLP_MALFORMED`. */
export function decodeResponse(signal: Signal, bytes: Uint8Array): PartialSuccess | undefined {
  if (bytes.length === 0) return undefined; // Nearly always.
  const { partialSuccess } = decodeUntrusted(PROTOCOLS[signal].response, bytes) as {
    partialSuccess?: Record<string, unknown>;
  };
  if (partialSuccess === undefined) return undefined;
  const rejected = partialSuccess[REJECTED[signal]] as bigint;
  const errorMessage = partialSuccess["errorMessage"] as string;
  return rejected === 0n && errorMessage === "" ? undefined : { rejected, errorMessage };
}

/** The same response as JSON text. */
export function responseJson(signal: Signal, partial?: PartialSuccess): string {
  return JSON.stringify(toJson(PROTOCOLS[signal].response, encodeResponse(signal, partial)));
}
