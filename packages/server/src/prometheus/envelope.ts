import { piecesBody } from "../pieces-body.ts";
import { apiErrorOf } from "./api-error.ts";

/** No more remarks of one kind than this are told; the last line counts the others. */
const MAX_REMARKS = 10;

/** What a successful answer holds: `data` as JSON, or in pieces of it as text or its bytes in UTF-8, and what its reader should know. */
export interface Answer {
  readonly data: string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** `data` that is small: written at once. */
export function dataOf(value: unknown): Answer {
  return { data: JSON.stringify(value) };
}

/** Answers in Prometheus's envelope, piece by piece, so that a long answer is never one string. */
export function respond({ data, warnings = [], infos = [] }: Answer): Response {
  const end = envelopeEnd(warnings, infos);
  // As one text it goes to the socket without a stream.
  const body = typeof data === "string" ? START + data + end : piecesBody(envelopePieces(data, end));
  return new Response(body, { headers: jsonHeaders() });
}

export function respondError(thrown: unknown): Response {
  const { status, errorType, error } = apiErrorOf(thrown);
  return new Response(JSON.stringify({ status: "error", errorType, error }), { status, headers: jsonHeaders() });
}

const START = '{"status":"success","data":';

async function* envelopePieces(
  data: Exclude<Answer["data"], string>,
  end: string,
): AsyncGenerator<string | Uint8Array> {
  yield START;
  yield* data;
  yield end;
}

function envelopeEnd(warnings: readonly string[], infos: readonly string[]): string {
  const warned = warnings.length > 0 ? `,"warnings":${JSON.stringify(shortened(warnings, "warning"))}` : "";
  const told = infos.length > 0 ? `,"infos":${JSON.stringify(shortened(infos, "info"))}` : "";
  return `${warned}${told}}`;
}

function shortened(remarks: readonly string[], kind: string): readonly string[] {
  if (remarks.length <= MAX_REMARKS) return remarks;
  return [...remarks.slice(0, MAX_REMARKS), `${remarks.length - MAX_REMARKS} more ${kind} annotations omitted`];
}

// A new object each time: the server writes the body's length into it.
function jsonHeaders(): Record<string, string> {
  return { "content-type": "application/json" };
}
