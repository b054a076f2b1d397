/** Reads what a server says in its answers. What cannot be read counts as nothing said. */
import { decodeResponse, decodeStatus, type PartialSuccess, type Signal } from "@clew/otlp";

const MAX_TEXT = 300;

/** What the server did not take of a request that it accepted; `undefined` when it took all without a word. */
export function partialSuccess(signal: Signal, response: Uint8Array): PartialSuccess | undefined {
  return attempt(() => decodeResponse(signal, response));
}

/** The message of a `google.rpc.Status` body, or the beginning of a body that is text. */
export function statusMessage(body: Uint8Array, contentType: string | undefined): string {
  const isStatus = contentType?.includes("protobuf") === true;
  const text = isStatus ? (attempt(() => decodeStatus(body))?.message ?? "") : Buffer.from(body).toString("utf8");
  return text.trim().slice(0, MAX_TEXT);
}

function attempt<Result>(task: () => Result): Result | undefined {
  try {
    return task();
  } catch {
    return undefined;
  }
}
