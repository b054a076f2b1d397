/** Requests that are broken in every way: each gets its status, none leaves a trace in the store, and the program goes on. */
import { randomBytes } from "node:crypto";
import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { encode, PROTOCOLS } from "@clew/otlp";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const LIMIT_BYTES = 64 * 1_048_576;
const PROTOBUF = { "Content-Type": "application/x-protobuf" };

const directory = temporaryDirectory();
let clew: RunningClew;

beforeAll(async () => {
  clew = await startClew(directory.path);
});

afterAll(async () => {
  await clew.stop();
  directory.remove();
});

/** A request with one span of this service. */
function spanOf(service: string): Buffer {
  const now = BigInt(Date.now()) * 1_000_000n;
  const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
  const spans = [
    { traceId: randomBytes(16), spanId: randomBytes(8), name: "x", startTimeUnixNano: now, endTimeUnixNano: now },
  ];
  return Buffer.from(encode(PROTOCOLS.traces.request, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }));
}

/** A whole ResourceSpans, and behind it one whose span's trace id has three bytes. */
function halfBroken(): Buffer {
  const bad = { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: new Uint8Array(3), name: "short" }] }] }] };
  return Buffer.concat([spanOf("hostile"), encode(PROTOCOLS.traces.request, bad)]);
}

const bomb = (): Buffer => gzipSync(Buffer.alloc(LIMIT_BYTES + 1_024));

test.each<[string, number, () => { headers: Record<string, string>; body: Buffer; method?: string }]>([
  ["malformed protobuf", 400, () => ({ headers: PROTOBUF, body: Buffer.from("this is not protobuf") })],
  ["protobuf that is broken deep inside", 400, () => ({ headers: PROTOBUF, body: halfBroken() })],
  ["protobuf that is cut short", 400, () => ({ headers: PROTOBUF, body: spanOf("hostile").subarray(0, -3) })],
  [
    "malformed JSON",
    400,
    () => ({ headers: { "Content-Type": "application/json" }, body: Buffer.from('{"resourceSpans":[') }),
  ],
  [
    "JSON of the wrong shape",
    400,
    () => ({ headers: { "Content-Type": "application/json" }, body: Buffer.from('{"resourceSpans":{}}') }),
  ],
  ["an unknown content type", 415, () => ({ headers: { "Content-Type": "text/plain" }, body: spanOf("hostile") })],
  ["a method other than POST", 405, () => ({ headers: PROTOBUF, body: spanOf("hostile"), method: "PUT" })],
  ["gzip that is none", 400, () => ({ headers: { ...PROTOBUF, "Content-Encoding": "gzip" }, body: spanOf("hostile") })],
  [
    "gzip that is cut short",
    400,
    () => ({ headers: { ...PROTOBUF, "Content-Encoding": "gzip" }, body: gzipSync(spanOf("hostile")).subarray(0, -9) }),
  ],
  ["a gzip bomb", 413, () => ({ headers: { ...PROTOBUF, "Content-Encoding": "gzip" }, body: bomb() })],
])("%s is answered with %i", async (_name, status, make) => {
  const { headers, body, method = "POST" } = make();
  const response = await fetch(`${clew.otlpHttp}/v1/traces`, { method, headers, body });
  await response.arrayBuffer();
  expect(response.status).toBe(status);
});

test("a body that is announced larger than the limit is refused before it is sent", async () => {
  const answer = await raw(
    `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${LIMIT_BYTES + 1}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test("connections that end in the middle of a body, or speak no HTTP, harm nobody", async () => {
  const half = spanOf("hostile");
  const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${half.length}\r\n\r\n`;
  await raw(Buffer.concat([Buffer.from(head), half.subarray(0, 20)]), true);
  await raw(randomBytes(2_000), true);
  await raw(randomBytes(2_000), true, new URL(clew.otlpGrpc).port);
  expect((await fetch(`${clew.ui}/ready`)).status).toBe(200);
});

test.each<[string, number, () => Buffer]>([
  ["malformed protobuf", 13, () => Buffer.from("this is not protobuf")],
  ["protobuf that is broken deep inside", 13, halfBroken],
  ["a message over the limit", 8, () => Buffer.alloc(LIMIT_BYTES + 1)],
])("over gRPC %s ends with code %i", async (_name, code, make) => {
  const client = new Client(new URL(clew.otlpGrpc).host, credentials.createInsecure());
  const error = await new Promise<ServiceError | null>((resolve) => {
    const bytes = (body: Buffer): Buffer => body;
    client.makeUnaryRequest(PROTOCOLS.traces.grpcPath, bytes, bytes, make(), resolve);
  });
  client.close();
  expect(error?.code).toBe(code);
});

test("of all that, nothing was stored; what is sound still is", async () => {
  const response = await fetch(`${clew.otlpHttp}/v1/traces`, {
    method: "POST",
    headers: PROTOBUF,
    body: spanOf("sound"),
  });
  expect(response.status).toBe(200);
  const { data } = await eventually(
    () => getJson<{ data: string[] }>(`${clew.ui}/api/services`),
    (answer) => answer.data.includes("sound"),
  );
  expect(data).toEqual(["sound"]);
});

/** Writes to a socket and resolves to what comes back until it is closed. */
function raw(bytes: Buffer | string, closeAtOnce = false, port: string = new URL(clew.otlpHttp).port): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connectTcp(Number(port), "127.0.0.1", () => {
      socket.write(bytes);
      if (closeAtOnce) socket.destroySoon();
    });
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      socket.destroySoon();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}
