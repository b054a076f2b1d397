/** Reads what a server says in its answers. */
import { bytesField, numberField } from "./protobuf-fields.ts";

const MAX_TEXT = 300;

export interface PartialSuccess {
  readonly rejectedCount: number;
  readonly message: string;
}

/** `ExportXServiceResponse.partial_success`, when it says anything. */
export function partialSuccess(response: Uint8Array): PartialSuccess | undefined {
  const message = bytesField(response, 1);
  if (message === undefined) return undefined;
  const rejectedCount = numberField(message, 1);
  const text = textOf(bytesField(message, 2));
  return rejectedCount === 0 && text === "" ? undefined : { rejectedCount, message: text };
}

/** The message of a `google.rpc.Status` body, or the beginning of a body that is text. */
export function statusMessage(body: Uint8Array, contentType: string | undefined): string {
  if (contentType?.includes("protobuf") === true) return textOf(bytesField(body, 2));
  return textOf(body).trim();
}

/**
 * How long the server asks to wait: the `RetryInfo` in `grpc-status-details-bin`, a base64
 * `google.rpc.Status{details=3: Any{type_url=1, value=2}}`. `undefined` without one.
 */
export function retryInfoDelayMs(statusDetails: string | undefined): number | undefined {
  if (statusDetails === undefined) return undefined;
  const any = bytesField(Buffer.from(statusDetails, "base64"), 3);
  if (any === undefined || !textOf(bytesField(any, 1)).endsWith("google.rpc.RetryInfo")) return undefined;
  const duration = bytesField(bytesField(any, 2) ?? new Uint8Array(), 1) ?? new Uint8Array();
  return numberField(duration, 1) * 1_000 + numberField(duration, 2) / 1e6;
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? new Uint8Array())
    .toString("utf8")
    .slice(0, MAX_TEXT);
}
