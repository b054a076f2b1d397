import { ERROR, FLAG, FRAME, frame, headerBlock, MAX_FRAME_BYTES, numberFrame, SETTING } from "@clew/otlp/http2";
import { PROTOCOLS, payloadBytes } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { ManualClock, deferred, runCollector, until, type RunningCollector } from "../collector.test-kit.ts";
import { tracesOf } from "../otlp.test-kit.ts";

import { messageFrame, RawClient, requestBlock, requestHeaders } from "./http2.test-kit.ts";

const EXPORT = PROTOCOLS.traces.grpcPath;
const MESSAGE = payloadBytes(tracesOf(["a"]));
const NOTHING = Buffer.alloc(0);

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(
  grpc = "",
  clock = new ManualClock(),
): Promise<RunningCollector & { port: number; clock: ManualClock }> {
  const running = await runCollector(
    `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:0"${grpc} } } } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [clew] } }
`,
    clock,
  );
  cleanUps.push(() => running.collector.shutdown());
  return { ...running, port: Number(running.at("grpc").split(":")[1]), clock };
}

function open(port: number, settings: readonly (readonly [number, number])[] = []): RawClient {
  const client = RawClient.open(port, settings);
  cleanUps.push(() => client.close());
  return client;
}

/** Whether a well-behaved request still gets through. */
async function isServing(port: number): Promise<boolean> {
  const client = open(port);
  client.send(requestHeaders(EXPORT, 1), messageFrame(1, MESSAGE));
  const headers = await client.some(FRAME.HEADERS, 2);
  return headers.at(-1)?.flags === (FLAG.END_HEADERS | FLAG.END_STREAM);
}

/** Sends what breaks the protocol; resolves with the code of the GOAWAY that follows. */
async function codeFor(port: number, ...bytes: Buffer[]): Promise<number | undefined> {
  const client = open(port);
  client.send(...bytes);
  return client.goneAway();
}

test("a request in frames of any cut, padded and with priorities, arrives whole", async () => {
  const { port, sink } = await serve();
  const client = open(port);
  const block = requestBlock(EXPORT, { "x-long": "v".repeat(300) });
  const head = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 7]), block.subarray(0, 20), Buffer.alloc(3)]);
  const message = messageFrame(1, MESSAGE).subarray(9);
  const bytes = Buffer.concat([
    frame(FRAME.HEADERS, FLAG.PADDED | FLAG.PRIORITY, 1, head),
    frame(FRAME.CONTINUATION, 0, 1, block.subarray(20, 100)),
    frame(FRAME.CONTINUATION, FLAG.END_HEADERS, 1, block.subarray(100)),
    frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.concat([Buffer.from([4]), message.subarray(0, 7), Buffer.alloc(4)])),
    frame(FRAME.DATA, 0, 1, NOTHING),
    ...[...message.subarray(7)].map((byte) => frame(FRAME.DATA, 0, 1, Buffer.from([byte]))),
    frame(FRAME.DATA, FLAG.END_STREAM, 1, NOTHING),
  ]);
  for (let at = 0; at < bytes.length; at += 11) client.send(bytes.subarray(at, at + 11));
  await client.some(FRAME.HEADERS, 2);
  expect(sink.payloads.map((one) => Buffer.from(payloadBytes(one)))).toEqual([Buffer.from(MESSAGE)]);
});

test("connections that send at once, in pieces, keep their bytes apart", async () => {
  const { port, sink } = await serve();
  const clients = Array.from({ length: 8 }, (_unused, i) => {
    const message = Buffer.from(payloadBytes(tracesOf(Array.from({ length: 400 }, (_span, k) => `${i} ${k}`))));
    const stream = Buffer.concat([requestHeaders(EXPORT, 1), ...dataFrames(message)]);
    return { client: open(port), message, stream };
  });
  for (let at = 0; clients.some(({ stream }) => at < stream.length); at += 5_000) {
    for (const { client, stream } of clients) client.send(stream.subarray(at, at + 5_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { client } of clients) await client.some(FRAME.HEADERS, 2);
  const taken = sink.payloads.map((one) => Buffer.from(payloadBytes(one)).toString("latin1"));
  expect(taken.sort()).toEqual(clients.map(({ message }) => message.toString("latin1")).sort());
});

/** A request's message in DATA frames of the usual size. */
function dataFrames(message: Buffer): Buffer[] {
  const whole = messageFrame(1, message).subarray(9);
  const cuts = Array.from({ length: Math.ceil(whole.length / MAX_FRAME_BYTES) }, (_unused, i) => i * MAX_FRAME_BYTES);
  return cuts.map((at) => {
    const piece = whole.subarray(at, at + MAX_FRAME_BYTES);
    return frame(FRAME.DATA, at + piece.length === whole.length ? FLAG.END_STREAM : 0, 1, piece);
  });
}

test("trailers may end a request", async () => {
  const { port, sink } = await serve();
  const client = open(port);
  const body = frame(FRAME.DATA, 0, 1, messageFrame(1, MESSAGE).subarray(9));
  const trailers = frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, headerBlock({ "x-checksum": "1" }));
  client.send(requestHeaders(EXPORT, 1), body, trailers);
  await client.some(FRAME.HEADERS, 2);
  expect(sink.items).toBe(1);
});

test("an answer waits for the client's window, and is sent once there is room", async () => {
  const { port } = await serve();
  const client = open(port, [[SETTING.INITIAL_WINDOW_SIZE, 0]]);
  client.send(requestHeaders(EXPORT, 1), messageFrame(1, MESSAGE), frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
  await client.some(FRAME.PING);
  expect(client.of(FRAME.HEADERS)).toEqual([]);
  client.send(numberFrame(FRAME.WINDOW_UPDATE, 1, 5));
  expect(await client.some(FRAME.HEADERS, 2)).toHaveLength(2);
});

test("windows are wide from the start and are topped up as a large request comes", async () => {
  const { port } = await serve(", max_recv_msg_size_mib: 64");
  const client = open(port);
  const settings = await client.some(FRAME.SETTINGS);
  expect(settings[0]?.payload.includes(Buffer.from([0, SETTING.INITIAL_WINDOW_SIZE, 0, 64, 0, 0]))).toBe(true);
  const piece = frame(FRAME.DATA, 0, 1, Buffer.alloc(MAX_FRAME_BYTES));
  const first = Buffer.from(piece);
  first.writeUInt32BE(60 * 1024 * 1024, 10);
  client.send(requestHeaders(EXPORT, 1), first, ...Array.from({ length: 200 }, () => piece));
  const updates = await client.some(FRAME.WINDOW_UPDATE, 2);
  expect(updates.map(({ streamId }) => streamId)).toContain(1);
});

test.each<[string, number, (port: number) => Buffer[]]>([
  ["frames larger than allowed", ERROR.FRAME_SIZE_ERROR, () => [Buffer.from([0, 64, 1, 0, 0, 0, 0, 0, 1])]],
  ["DATA on a stream that was never opened", ERROR.PROTOCOL_ERROR, () => [frame(FRAME.DATA, 0, 7, NOTHING)]],
  ["HEADERS on an even stream", ERROR.PROTOCOL_ERROR, () => [requestHeaders(EXPORT, 2)]],
  ["a push", ERROR.PROTOCOL_ERROR, () => [frame(FRAME.PUSH_PROMISE, 0, 1, Buffer.alloc(8))]],
  ["CONTINUATION of nothing", ERROR.PROTOCOL_ERROR, () => [frame(FRAME.CONTINUATION, 0, 1, NOTHING)]],
  [
    "a header block that is interrupted",
    ERROR.PROTOCOL_ERROR,
    () => [requestHeaders(EXPORT, 1, 0), frame(FRAME.PING, 0, 0, Buffer.alloc(8))],
  ],
  [
    "a header block that is none",
    ERROR.COMPRESSION_ERROR,
    () => [frame(FRAME.HEADERS, 4, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
  ],
  ["more padding than payload", ERROR.PROTOCOL_ERROR, () => [frame(FRAME.HEADERS, 12, 1, Buffer.from([9, 1, 2]))]],
  ["a window that overflows", ERROR.FLOW_CONTROL_ERROR, () => [numberFrame(FRAME.WINDOW_UPDATE, 0, 2 ** 31 - 1)]],
  ["a window update of nothing", ERROR.PROTOCOL_ERROR, () => [numberFrame(FRAME.WINDOW_UPDATE, 0, 0)]],
  ["SETTINGS of a broken size", ERROR.FRAME_SIZE_ERROR, () => [frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(5))]],
  [
    "DATA after the end of its request",
    ERROR.STREAM_CLOSED,
    () => [
      requestHeaders("/slow/method", 1),
      requestHeaders(EXPORT, 3),
      messageFrame(3, MESSAGE),
      messageFrame(3, MESSAGE),
    ],
  ],
])("%s end the connection with code %i, and no other", async (_name, code, bytes) => {
  const { port, sink } = await serve();
  sink.answer = () => new Promise(() => {});
  expect(await codeFor(port, ...bytes(port))).toBe(code);
  sink.answer = () => Promise.resolve();
  expect(await isServing(port)).toBe(true);
});

test("who does not speak HTTP/2 is told nothing of others", async () => {
  const { port } = await serve();
  const client = new RawClient(port);
  client.send(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  expect(await client.goneAway()).toBe(ERROR.PROTOCOL_ERROR);
  expect(await isServing(port)).toBe(true);
});

test.each<[string, () => Buffer[]]>([
  [
    "streams opened and reset one after the other",
    () =>
      Array.from({ length: 1_100 }, (_unused, i) =>
        Buffer.concat([requestHeaders(EXPORT, 2 * i + 1), numberFrame(FRAME.RST_STREAM, 2 * i + 1, ERROR.CANCEL)]),
      ),
  ],
  [
    "header blocks that never end",
    () => [requestHeaders(EXPORT, 1, 0), ...Array.from({ length: 20 }, () => frame(FRAME.CONTINUATION, 0, 1, NOTHING))],
  ],
  [
    "header blocks that are too large",
    () => [
      requestHeaders(EXPORT, 1, 0),
      ...Array.from({ length: 2 }, () => frame(FRAME.CONTINUATION, 0, 1, Buffer.alloc(MAX_FRAME_BYTES))),
    ],
  ],
  ["settings without end", () => Array.from({ length: 10_100 }, () => frame(FRAME.SETTINGS, 0, 0, NOTHING))],
  [
    "empty DATA without end",
    () => [requestHeaders(EXPORT, 1), ...Array.from({ length: 10_100 }, () => frame(FRAME.DATA, 0, 1, NOTHING))],
  ],
  ["pings without end", () => Array.from({ length: 10 }, () => frame(FRAME.PING, 0, 0, Buffer.alloc(8)))],
])("%s: the client is asked to calm down, others are served", async (_name, bytes) => {
  const { port } = await serve();
  expect(await codeFor(port, ...bytes())).toBe(ERROR.ENHANCE_YOUR_CALM);
  expect(await isServing(port)).toBe(true);
});

test("a small header block that unpacks to a large list is refused", async () => {
  const { port } = await serve();
  // One field of 3,000 bytes, kept in the table, then told a hundred times more by its number.
  const value = Buffer.concat([Buffer.from([0x7f, 0xb9, 0x16]), Buffer.alloc(3_000, "x")]);
  const block = Buffer.concat([Buffer.from([0x40, 1, 0x61]), value, Buffer.alloc(100, 0xbe)]);
  expect(await codeFor(port, frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, block))).toBe(ERROR.COMPRESSION_ERROR);
});

test("streams beyond the limit are refused, also while reset ones are still worked on", async () => {
  const { port, sink } = await serve(", max_concurrent_streams: 2");
  const { promise, resolve } = deferred();
  sink.answer = () => promise;
  const client = open(port);
  for (const id of [1, 3]) client.send(requestHeaders(EXPORT, id), messageFrame(id, MESSAGE));
  client.send(numberFrame(FRAME.RST_STREAM, 1, ERROR.CANCEL), requestHeaders(EXPORT, 5));
  const [refused] = await client.some(FRAME.RST_STREAM);
  expect([refused?.streamId, refused?.payload.readUInt32BE()]).toEqual([5, ERROR.REFUSED_STREAM]);
  resolve();
  await client.some(FRAME.HEADERS, 2);
  client.send(requestHeaders(EXPORT, 7), messageFrame(7, MESSAGE));
  expect((await client.some(FRAME.HEADERS, 4)).at(-1)?.streamId).toBe(7);
});

test("what still comes of a request that was answered early harms nothing", async () => {
  const { port, sink } = await serve();
  const client = open(port);
  const late = Array.from({ length: 300 }, () => frame(FRAME.DATA, 0, 1, Buffer.alloc(MAX_FRAME_BYTES)));
  client.send(requestHeaders("/no/method", 1), ...late, requestHeaders(EXPORT, 3), messageFrame(3, MESSAGE));
  expect((await client.some(FRAME.HEADERS, 3)).map(({ streamId }) => streamId)).toEqual([1, 3, 3]);
  expect(sink.items).toBe(1);
});

test("a client that does not read its answers is parted from", async () => {
  const { port } = await serve();
  const client = open(port);
  client.stall();
  const request = frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, requestBlock("/no/method"));
  let id = 1;
  await until(() => {
    const requests = Array.from({ length: 500 }, () => {
      const next = Buffer.from(request);
      next.writeUInt32BE(id, 5);
      id += 2;
      return next;
    });
    client.send(...requests);
    return client.isClosed;
  });
  expect(await isServing(port)).toBe(true);
});

test("a shutdown lets requests in hand finish, and takes none after its last word", async () => {
  const { port, sink, collector } = await serve();
  const { promise, resolve } = deferred();
  sink.answer = () => promise;
  const client = open(port);
  client.send(requestHeaders(EXPORT, 1), messageFrame(1, MESSAGE));
  await client.some(FRAME.SETTINGS, 2);
  const stopped = collector.shutdown();
  const [first] = await client.some(FRAME.GOAWAY);
  expect(first?.payload.readUInt32BE()).toBe(2 ** 31 - 1);
  const [ping] = await client.some(FRAME.PING);
  client.send(frame(FRAME.PING, FLAG.ACK, 0, ping?.payload ?? NOTHING));
  const [, last] = await client.some(FRAME.GOAWAY, 2);
  expect(last?.payload.readUInt32BE()).toBe(1);
  resolve();
  expect(await client.some(FRAME.HEADERS, 2)).toHaveLength(2);
  client.close();
  await stopped;
  expect(sink.items).toBe(1);
});

test("a connection that says nothing is asked whether it lives, and ended when it does not answer", async () => {
  const { port, clock } = await serve(", keepalive: { server_parameters: { time: 10s, timeout: 5s } }");
  const client = open(port);
  await client.some(FRAME.SETTINGS, 2);
  clock.advance(10_000);
  expect(await client.some(FRAME.PING)).toHaveLength(1);
  clock.advance(5_000);
  await until(() => client.isClosed);
});

test("a connection without requests is ended once it was idle for long", async () => {
  const { port, clock } = await serve(", keepalive: { server_parameters: { max_connection_idle: 10s } }");
  const client = open(port);
  await client.some(FRAME.SETTINGS, 2);
  clock.advance(10_000);
  expect(await client.some(FRAME.GOAWAY)).toHaveLength(1);
  clock.advance(1_000);
  await until(() => client.isClosed);
});

test("who opens a connection and says nothing is not waited for", async () => {
  const { port, clock } = await serve();
  const client = new RawClient(port);
  const other = open(port);
  await other.some(FRAME.SETTINGS, 2);
  clock.advance(21_000);
  await until(() => client.isClosed);
  expect(other.isClosed).toBe(false);
});
