import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { HttpConnection } from "./http-connection.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Answers a request whose body has come, or the beginning of one. `nth` counts the requests of all connections from 0. */
type Answer = (socket: Socket, nth: number) => void;

/** A server of bare bytes, and a connection to it. */
async function setUp(answer: Answer): Promise<{ connection: HttpConnection; server: Server; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  let nth = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      if (bytes.includes("last")) answer(socket, nth++);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const connection = new HttpConnection(url, {});
  cleanUps.push(
    () => server.close(),
    () => sockets.forEach((socket) => socket.destroy()),
    () => connection.close(),
  );
  return { connection, server, sockets };
}

const HEAD = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n";
const BODY: Buffer = Buffer.from("last");

async function post(connection: HttpConnection): Promise<{ status: number; body: string }> {
  const { status, body } = await connection.request(HEAD, BODY).response;
  return { status, body: body.toString() };
}

async function inPieces(socket: Socket, text: string): Promise<void> {
  for (const piece of text.match(/[^]{1,3}/g) ?? []) {
    socket.write(piece, "latin1");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test.each([
  ["of a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
  [
    "in chunks, with an extension and a trailer",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n",
  ],
  [
    "behind interim answers",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello",
  ],
])("an answer %s is read, however it is cut", async (_what, text) => {
  const { connection, sockets } = await setUp((socket) => void inPieces(socket, text));
  expect(await post(connection)).toEqual({ status: 200, body: "hello" });
  expect(await post(connection)).toEqual({ status: 200, body: "hello" });
  expect(sockets).toHaveLength(1);
});

test("an answer without a length ends with its connection, and the next request has a new one", async () => {
  const { connection, sockets } = await setUp((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nhello"));
  expect(await post(connection)).toEqual({ status: 200, body: "hello" });
  expect(await post(connection)).toEqual({ status: 200, body: "hello" });
  expect(sockets).toHaveLength(2);
});

test("a server that says close is left", async () => {
  const { connection, sockets } = await setUp((socket) =>
    socket.write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
  );
  expect((await post(connection)).status).toBe(204);
  expect((await post(connection)).status).toBe(204);
  expect(sockets).toHaveLength(2);
});

test("a server that ends an idle connection just when a request comes gets it again, once", async () => {
  const { connection, sockets } = await setUp((socket, nth) => {
    if (nth === 1) socket.destroy();
    else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  await post(connection);
  expect((await post(connection)).status).toBe(200);
  expect(sockets).toHaveLength(2);
});

test("a server that breaks off a new connection is not asked again", async () => {
  let requests = 0;
  const { connection } = await setUp((socket) => {
    requests++;
    socket.destroy();
  });
  await expect(post(connection)).rejects.toThrow(/ECONNRESET|without an answer|connection was closed/);
  expect(requests).toBe(1);
});

test.each([
  ["what is no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "no HTTP response"],
  ["a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: 5x\r\n\r\n", "malformed Content-Length"],
  [
    "a body that is too long",
    "HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n",
    "the response has more than 4194304 bytes",
  ],
  ["a chunk that is none", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", "malformed chunk"],
  ["headers without an end", `HTTP/1.1 200 OK\r\n${"x".repeat(70_000)}`, "headers are too long"],
  ["the end before the whole answer", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe", "without an answer"],
])("%s is told of, and the next request goes through", async (_what, text, complaint) => {
  const { connection } = await setUp((socket, nth) =>
    socket.end(nth === 0 ? text : "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "latin1"),
  );
  await expect(post(connection)).rejects.toThrow(complaint);
  expect((await post(connection)).status).toBe(200);
});

test("requests go one after the other, and giving one up that waits leaves the others", async () => {
  const held: Socket[] = [];
  const { connection } = await setUp((socket) => void held.push(socket));
  const [first, second, third] = [0, 1, 2].map(() => connection.request(HEAD, BODY));
  second!.giveUp(new Error("too late"));
  await expect(second!.response).rejects.toThrow("too late");
  for (const one of [first!, third!]) {
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    held.shift()!.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    expect((await one.response).status).toBe(200);
  }
});

test("giving up the one under way ends its connection and begins the next on a new one", async () => {
  const { connection, sockets } = await setUp((socket, nth) => {
    if (nth > 0) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  const first = connection.request(HEAD, BODY);
  const second = connection.request(HEAD, BODY);
  while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  first.giveUp(new Error("no answer"));
  await expect(first.response).rejects.toThrow("no answer");
  expect((await second.response).status).toBe(200);
  expect(sockets).toHaveLength(2);
});

test("closing fails what waits", async () => {
  const { connection } = await setUp(() => {});
  const { response } = connection.request(HEAD, BODY);
  connection.close();
  await expect(response).rejects.toThrow("shut down");
});
