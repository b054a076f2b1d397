/**
 * `GET /debug/tap?pipeline=traces&after=batch`: what passes a place in the pipelines, as lines
 * of OTLP/JSON, until the client goes.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ClewError, messageOf, type Clock } from "@clew/base";
import { payloadBytes, PROTOCOLS, toJson, type Payload } from "@clew/otlp";
import type { TapPoints } from "../pipeline/tap-points.ts";

/** More than this in a second is not shown, so that looking costs the pipelines little. */
const MAX_ITEMS_PER_SECOND = 2_000;
/** A client that does not read is not written to beyond this. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Serves one client. */
export function serveTap(points: TapPoints, clock: Clock, request: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const query = {
    pipeline: searchParams.get("pipeline") ?? "",
    after: searchParams.get("after") ?? undefined,
    before: searchParams.get("before") ?? undefined,
  };
  try {
    const stop = points.listen(query, writerOf(clock, response));
    response.on("close", stop);
  } catch (error) {
    const text = error instanceof ClewError ? `${error.what} (${error.remedy})` : messageOf(error);
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
    return;
  }
  response.writeHead(200, { "content-type": "application/x-ndjson" }).flushHeaders();
}

function writerOf(clock: Clock, response: ServerResponse): (payload: Payload) => void {
  let second = 0;
  let shown = 0;
  let passedOver = 0;
  return (payload) => {
    const now = Math.floor(clock.nowMs() / 1_000);
    if (now !== second) [second, shown] = [now, 0];
    shown += payload.counts.items;
    if (shown > MAX_ITEMS_PER_SECOND || response.writableLength > MAX_BUFFERED_BYTES) {
      passedOver += payload.counts.items;
      return;
    }
    if (passedOver > 0) response.write(`${JSON.stringify({ passedOver })}\n`);
    passedOver = 0;
    response.write(`${JSON.stringify(toJson(PROTOCOLS[payload.signal].request, payloadBytes(payload)))}\n`);
  };
}
