import { GrpcClient, type GrpcClientSettings, type Request } from "@clew/otlp/grpc";
import { FLAG, FRAME, frame, goAwayFrame, headerBlock, numberFrame, SETTING, settingsFrame } from "@clew/otlp/http2";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTcp } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ManualClock, until } from "../collector.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const MESSAGE = Buffer.alloc(1_000_000, "m");
const NEVER = new AbortController().signal;

function requestOf(message: Uint8Array = Buffer.from("m")): Request {
  return {
    path: "/a.B/C",
    headers: { "x-tenant": "blue" },
    message: [message],
    byteLength: message.length,
    encoding: undefined,
  };
}

function clientOf(port: number, settings: Partial<GrpcClientSettings> = {}): GrpcClient {
  const client = new GrpcClient({
    target: { address: { host: "127.0.0.1", port }, tls: undefined },
    authority: "localhost",
    waitsForReady: false,
    keepalive: undefined,
    holdsProcess: true,
    clock: new ManualClock(),
    ...settings,
  });
  cleanUps.push(() => client.close());
  return client;
}

/** Node's own HTTP/2 server; sessions are kept. */
async function serverOf(answer: (stream: ServerHttp2Stream) => void, windowBytes = 65_535) {
  const server = createServer({ settings: { initialWindowSize: windowBytes } });
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => void sessions.push(session));
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sessions };
}

/** A server that says what no HTTP/2 server of good manners would. */
async function rawServer(answer: (socket: Socket) => void): Promise<number> {
  const server = createTcp((socket) => {
    socket.on("error", () => {});
    socket.write(settingsFrame([]));
    socket.once("data", () => answer(socket));
    cleanUps.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function succeed(stream: ServerHttp2Stream, body = Buffer.alloc(5)): void {
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.end(body);
}

const ANSWER = Buffer.concat([
  frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, headerBlock({ ":status": "200" })),
  frame(FRAME.DATA, 0, 1, Buffer.alloc(5)),
  frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, headerBlock({ "grpc-status": "0" })),
]);

test.each([1, 100, 65_535, 8_000_000])(
  "large messages arrive whole through windows of %i bytes, several at once",
  async (windowBytes) => {
    const received: number[] = [];
    const { port } = await serverOf((stream) => {
      let length = 0;
      stream.on("data", (chunk: Buffer) => (length += chunk.length));
      stream.on("end", () => {
        received.push(length);
        succeed(stream);
      });
    }, windowBytes);
    const client = clientOf(port);
    const size = Math.min(MESSAGE.length, windowBytes * 2_000);
    await Promise.all([1, 2, 3].map(() => client.call(requestOf(MESSAGE.subarray(0, size)), NEVER)));
    expect(received).toEqual([size + 5, size + 5, size + 5]);
  },
);

test("a server that goes away takes what it has begun; the next call has a new connection", async () => {
  const { port, sessions } = await serverOf((stream) => {
    stream.session?.goaway(0, stream.id);
    stream.resume().on("end", () => succeed(stream));
  });
  const client = clientOf(port);
  await client.call(requestOf(), NEVER);
  await client.call(requestOf(), NEVER);
  expect(sessions).toHaveLength(2);
});

test.each([
  ["REFUSED_STREAM", 7, 14],
  ["CANCEL", 8, 1],
  ["ENHANCE_YOUR_CALM", 11, 8],
  ["INTERNAL_ERROR", 2, 13],
])("a stream reset with %s fails with code %i", async (name, reset, code) => {
  const port = await rawServer((socket) => socket.write(numberFrame(FRAME.RST_STREAM, 1, reset)));
  await expect(clientOf(port).call(requestOf(), NEVER)).rejects.toMatchObject({
    status: { code, message: `stream terminated by RST_STREAM with error code: ${name}` },
  });
});

test.each<[string, number, (socket: Socket) => void]>([
  ["a server that leaves before it began", 14, (socket) => socket.write(goAwayFrame(0, 0))],
  ["a connection that is cut", 14, (socket) => socket.destroy()],
  ["a server that speaks something else", 14, (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["a header block that is none", 14, (socket) => socket.write(frame(FRAME.HEADERS, 4, 1, Buffer.alloc(9, 0xff)))],
  ["a push", 14, (socket) => socket.write(frame(FRAME.PUSH_PROMISE, 4, 1, Buffer.alloc(9)))],
  [
    "an answer without a status",
    2,
    (socket) => socket.write(frame(FRAME.HEADERS, 5, 1, headerBlock({ ":status": "200" }))),
  ],
  ["a proxy's answer", 14, (socket) => socket.write(frame(FRAME.HEADERS, 5, 1, headerBlock({ ":status": "503" })))],
])("%s fails the call with code %i", async (_name, code, answer) => {
  const port = await rawServer(answer);
  await expect(clientOf(port).call(requestOf(), NEVER)).rejects.toMatchObject({ status: { code } });
});

test("an answer without end is cut off, and its connection serves on", async () => {
  let calls = 0;
  const { port, sessions } = await serverOf((stream) => {
    stream.resume();
    if (++calls > 1) return succeed(stream);
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    const more = (): void => void (stream.destroyed || stream.write(Buffer.alloc(65_536), more));
    more();
  });
  const client = clientOf(port);
  await expect(client.call(requestOf(), NEVER)).rejects.toMatchObject({ status: { code: 8 } });
  await client.call(requestOf(), NEVER);
  expect(sessions).toHaveLength(1);
});

test("a call that is aborted resets its stream and leaves the connection", async () => {
  const reset: number[] = [];
  let isFirst = true;
  const { port, sessions } = await serverOf((stream) => {
    stream.resume();
    if (!isFirst) return succeed(stream);
    isFirst = false;
    stream.on("close", () => reset.push(stream.rstCode));
  });
  const client = clientOf(port);
  const abort = new AbortController();
  const call = client.call(requestOf(MESSAGE), abort.signal);
  await until(() => sessions.length === 1 && !isFirst);
  abort.abort();
  await expect(call).rejects.toMatchObject({ status: { code: 4, message: "context deadline exceeded" } });
  await until(() => reset.length === 1);
  await client.call(requestOf(), NEVER);
  expect([reset, sessions.length]).toEqual([[8], 1]);
});

test("a server that stops answering is noticed by keepalive", async () => {
  const clock = new ManualClock();
  let isConnected = false;
  const port = await rawServer((socket) => {
    isConnected = true;
    socket.pause();
  });
  const keepalive = { timeMs: 10_000, timeoutMs: 5_000, permitWithoutStream: false };
  const client = clientOf(port, { clock, keepalive });
  const call = client.call(requestOf(), NEVER);
  call.catch(() => {});
  await until(() => isConnected);
  clock.advance(10_000);
  clock.advance(5_000);
  await expect(call).rejects.toMatchObject({
    status: { code: 14, message: "keepalive ping failed to receive ACK" },
  });
});

test("a server that cannot be reached fails the call at once, or is waited for where that is asked", async () => {
  const { port } = await serverOf((stream) => succeed(stream.resume()));
  const server = createTcp();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const free = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
  await expect(clientOf(free).call(requestOf(), NEVER)).rejects.toMatchObject({
    status: { code: 14, message: expect.stringContaining("ECONNREFUSED") as string },
  });
  const abort = new AbortController();
  const waiting = clientOf(free, { waitsForReady: true }).call(requestOf(), abort.signal);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ status: { code: 4 } });
  await clientOf(port, { waitsForReady: true }).call(requestOf(), NEVER);
});

test("settings and pings are answered while calls are under way", async () => {
  const port = await rawServer((socket) => {
    socket.write(settingsFrame([[SETTING.INITIAL_WINDOW_SIZE, 1_000_000]]));
    socket.write(frame(FRAME.PING, 0, 0, Buffer.from("12345678")));
    socket.on("data", (chunk: Buffer) => {
      if (chunk.includes("12345678")) socket.write(ANSWER);
    });
  });
  await clientOf(port).call(requestOf(), NEVER);
});
