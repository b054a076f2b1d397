import { piecesBody } from "../pieces-body.ts";
import { apiErrorOf } from "./api-error.ts";

/** No more remarks of one kind than this are told; the last line counts the others. */
const MAX_REMARKS = 10;

/** What a successful answer holds: `data` in pieces of JSON, as text or its bytes in UTF-8, and what its reader should know. */
export interface Answer {
  readonly data: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** `data` that is small: written at once. */
export function dataOf(value: unknown): Answer {
  return { data: [JSON.stringify(value)] };
}

/** Answers in Prometheus's envelope, piece by piece, so that a long answer is never one string. */
export function respond({ data, warnings = [], infos = [] }: Answer): Response {
  const body = piecesBody(envelopePieces(data, warnings, infos));
  return new Response(body, { headers: jsonHeaders() });
}

export function respondError(thrown: unknown): Response {
  const { status, errorType, error } = apiErrorOf(thrown);
  return new Response(JSON.stringify({ status: "error", errorType, error }), { status, headers: jsonHeaders() });
}

async function* envelopePieces(
  data: Answer["data"],
  warnings: readonly string[],
  infos: readonly string[],
): AsyncGenerator<string | Uint8Array> {
  yield `{"status":"success","data":`;
  yield* data;
  if (warnings.length > 0) yield `,"warnings":${JSON.stringify(shortened(warnings, "warning"))}`;
  if (infos.length > 0) yield `,"infos":${JSON.stringify(shortened(infos, "info"))}`;
  yield "}";
}

function shortened(remarks: readonly string[], kind: string): readonly string[] {
  if (remarks.length <= MAX_REMARKS) return remarks;
  return [...remarks.slice(0, MAX_REMARKS), `${remarks.length - MAX_REMARKS} more ${kind} annotations omitted`];
}

// A new object each time: the server writes the body's length into it.
function jsonHeaders(): Record<string, string> {
  return { "content-type": "application/json" };
}
