/** What becomes of each answer of a receiver: a real server over HTTP that answers as it is told. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { systemClock } from "@clew/base";
import { encode, encodeResponse, encodeStatus, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { OtlpSender, type Refusal } from "./otlp-sender.ts";

interface Answer {
  readonly status: number;
  readonly body?: Uint8Array;
  readonly headers?: Record<string, string>;
}

let server: Server;
afterEach(() => void server.close());

async function setUp(...answers: readonly Answer[]): Promise<{
  sender: OtlpSender;
  refusals: Refusal[];
  /** Items of each request. */
  requests: number[];
  authorizations: (string | undefined)[];
  stop: AbortController;
}> {
  const requests: number[] = [];
  const authorizations: (string | undefined)[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const { status, body: answered = new Uint8Array(), headers = {} } = answers[requests.length] ?? { status: 200 };
    authorizations.push(request.headers.authorization);
    requests.push(payloadOf("traces", body).counts.items);
    response.writeHead(status, headers).end(answered);
  };
  server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const refusals: Refusal[] = [];
  const stop = new AbortController();
  const sender = new OtlpSender({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: "secret",
    clock: systemClock,
    stop: stop.signal,
    refused: (refusal) => refusals.push(refusal),
  });
  return { sender, refusals, requests, authorizations, stop };
}

function spans(count: number, nameLength = 1): Payload {
  const list = Array.from({ length: count }, () => ({ name: "x".repeat(nameLength) }));
  return payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans: [{ scopeSpans: [{ spans: list }] }] }));
}

test("small payloads go together, and large ones in parts, by their number and their bytes", async () => {
  const { sender, requests, authorizations } = await setUp();
  for (const [i, payload] of [spans(2), spans(3), spans(12_000), spans(3, 3_000_000)].entries())
    await sender.add(payload, `line ${i}`);
  await sender.flush();
  expect(requests).toEqual([5, 5_000, 5_000, 2_001, 1, 1]);
  expect(sender.sent).toEqual({ traces: 12_008, logs: 0, metrics: 0 });
  expect(authorizations[0]).toBe("Bearer secret");
});

test("a receiver that is busy is asked again", async () => {
  const busy = { status: 503, headers: { "retry-after": "0" } };
  const { sender, requests, refusals } = await setUp(busy, { ...busy, status: 429 });
  await sender.add(spans(2), "line 1");
  await sender.flush();
  expect(requests).toEqual([2, 2, 2]);
  expect(refusals).toEqual([]);
  expect(sender.sent.traces).toBe(2);
});

test("what a receiver refuses, in whole or in part, is told with the lines it was on", async () => {
  const { sender, refusals } = await setUp(
    { status: 400, body: encodeStatus({ code: 3, message: "no" }) },
    { status: 200, body: encodeResponse("traces", { rejected: 1n, errorMessage: "too old" }) },
    { status: 200, body: encodeResponse("traces", { rejected: 0n, errorMessage: "careful" }) },
    { status: 500, body: Buffer.from("<html>") },
  );
  await sender.add(spans(1), "line 1");
  await sender.add(spans(1), "line 2");
  await sender.flush();
  for (const place of ["line 3", "line 4", "line 5"]) {
    await sender.add(spans(2), place);
    await sender.flush();
  }
  expect(refusals).toEqual([
    { place: "line 1 to line 2", signal: "traces", items: 2, why: "no" },
    { place: "line 3", signal: "traces", items: 1, why: "too old" },
    { place: "line 4", signal: "traces", items: 0, why: "careful" },
    { place: "line 5", signal: "traces", items: 2, why: "HTTP status 500: <html>" },
  ]);
  expect(sender.sent.traces).toBe(3);
});

test("a request that is too large for the receiver goes in halves, down to a single item", async () => {
  const tooLarge = { status: 413 };
  const { sender, requests, refusals } = await setUp(tooLarge, { status: 200 }, tooLarge, tooLarge);
  await sender.add(spans(4), "line 1");
  await sender.flush();
  expect(requests).toEqual([4, 2, 2, 1, 1]);
  expect(refusals).toMatchObject([{ items: 1 }]);
  expect(sender.sent.traces).toBe(3);
});

test.each([401, 404])("status %d ends it at once", async (status) => {
  const { sender, requests } = await setUp({ status });
  await sender.add(spans(1), "line 1");
  await expect(sender.flush()).rejects.toMatchObject({ code: "CLEW_NOT_REACHED" });
  expect(requests).toEqual([1]);
});

test("where it is stopped while a receiver is busy, the place is told", async () => {
  const { sender, stop } = await setUp({ status: 503, headers: { "retry-after": "200" } });
  await sender.add(spans(1), "line 7");
  const flushed = sender.flush();
  await once(server, "request");
  stop.abort();
  await expect(flushed).rejects.toMatchObject({ code: "EXPORT_FAILED", path: "line 7" });
});
