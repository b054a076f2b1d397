/** What a client may send to the HTTP server: nothing of it throws, and the same requests are read however it is cut. */
import { Http1Connection } from "../packages/collector/dist/http1/connection.js";
import { Receiving } from "../packages/collector/dist/net/receiving.js";
import { FakeSocket } from "./fake-socket.mjs";

export const name = "http1";

const LIMIT_BYTES = 1_000_000;

export const seeds = [
  "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx\r\nHEAD / HTTP/1.1\r\nHost: y\r\n\r\n",
].map((text) => Buffer.from(text));

export async function run(bytes) {
  const whole = await requestsOf(bytes, bytes.length);
  const cut = await requestsOf(bytes, (bytes[0] ?? 0) % (bytes.length + 1));
  if (whole !== cut) throw new Error(`read in two ways:\n${whole}\n${cut}`);
}

async function requestsOf(bytes, cut) {
  const faults = [];
  const requests = [];
  const socket = new FakeSocket();
  const receiving = new Receiving(LIMIT_BYTES);
  const connection = new Http1Connection(socket, {
    readHeaderTimeoutMs: Infinity,
    readTimeoutMs: Infinity,
    writeTimeoutMs: Infinity,
    idleTimeoutMs: Infinity,
    keepsAlive: true,
    isFull: () => receiving.isFull,
    nowMs: () => 0,
    date: () => "now",
    report: (error) => faults.push(error),
    async serve(exchange) {
      const request = { method: exchange.head.method, target: exchange.head.target, body: "" };
      requests.push(request);
      const held = receiving.begin();
      const body = await exchange.body(1_000, held).catch((error) => Buffer.from(error.code));
      held.end();
      request.body = body?.toString("latin1") ?? "broken off";
      return { status: 200, headers: {} };
    },
  });
  await socket.receive(bytes, cut);
  connection.check();
  await socket.hangUp();
  if (faults.length > 0) throw faults[0];
  if (receiving.begin().add(LIMIT_BYTES) !== undefined) throw new Error("bytes of the connection are still held");
  return JSON.stringify(requests);
}
