/**
 * A process that sends spans over OTLP/HTTP or OTLP/gRPC as fast as they are answered, a fixed number of
 * requests in flight on each connection. It takes one command a line on standard input and answers each with a line of JSON:
 *
 *     {"protocol":"http","address":"127.0.0.1:4318","spans":100,"connections":16,"inFlight":4,"gzip":false,"durationMs":1000}
 *     {"spans":120000,"requests":1200,"failures":0}
 */
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import { PROTOCOLS } from "../packages/otlp/dist/index.js";
import { GrpcConnection } from "./grpc-connection.mjs";
import { spansRequest } from "./spans.mjs";

const CRLF2 = Buffer.from("\r\n\r\n");

// spans a request, compression --> bodies, made once
const made = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const lane = command.protocol === "http" ? httpLane : grpcLane;
  const bodies = bodiesOf(command);
  const totals = { spans: 0, requests: 0, failures: 0 };
  const until = performance.now() + command.durationMs;
  const count = (isTaken) => {
    totals.requests++;
    if (isTaken) totals.spans += command.spans;
    else totals.failures++;
    return performance.now() < until;
  };
  await Promise.all(
    Array.from({ length: command.connections }, (_unused, i) => lane(command, bodies, i * command.inFlight, count)),
  );
  console.log(JSON.stringify(totals));
}

function bodiesOf({ spans, gzip }) {
  const key = `${spans} ${gzip}`;
  if (!made.has(key)) {
    const count = Math.max(4, Math.min(200, Math.ceil(20_000 / spans)));
    made.set(
      key,
      Array.from({ length: count }, (_unused, i) => {
        const body = spansRequest(spans, i);
        return gzip ? gzipSync(body) : body;
      }),
    );
  }
  return made.get(key);
}

/** HTTP/1.1 with requests pipelined, one connection after the other. Resolves when `count` asked for no more and all were answered. */
async function httpLane(command, bodies, offset, count) {
  while (await httpConnection(command, bodies, offset, count));
}

/** Resolves with whether the server has parted before all was answered, which fails what was pending, and more should be sent. */
function httpConnection({ address, gzip, inFlight }, bodies, offset, count) {
  const [host, port] = address.split(":");
  const head = (length) =>
    `POST ${PROTOCOLS.traces.httpPath} HTTP/1.1\r\nHost: ${address}\r\nContent-Type: application/x-protobuf\r\n` +
    `${gzip ? "Content-Encoding: gzip\r\n" : ""}Content-Length: ${length}\r\n\r\n`;
  const requests = bodies.map((body) => Buffer.concat([Buffer.from(head(body.length)), body]));
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), noDelay: true });
    let next = offset;
    let pending = 0;
    let received = Buffer.alloc(0);
    const send = () => {
      pending++;
      socket.write(requests[next++ % requests.length]);
    };
    socket.on("connect", () => {
      for (let i = 0; i < inFlight; i++) send();
    });
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      let answered;
      while ((answered = answerIn(received)) !== undefined) {
        received = received.subarray(answered.end);
        pending--;
        if (count(answered.status === 200)) send();
      }
      if (pending === 0) socket.end();
    });
    socket.on("error", (error) => (error.code === "ECONNREFUSED" ? reject(error) : undefined));
    socket.on("close", () => {
      let isMoreWanted = false;
      for (; pending > 0; pending--) isMoreWanted = count(false);
      resolve(isMoreWanted);
    });
  });
}

function answerIn(bytes) {
  const headEnd = bytes.indexOf(CRLF2);
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const end = bodyEnd(bytes, headEnd + CRLF2.length, head);
  return bytes.length < end ? undefined : { status: Number(head.slice(9, 12)), end };
}

/** Infinity while it cannot be told. */
function bodyEnd(bytes, start, head) {
  if (!/transfer-encoding: chunked/i.test(head)) return start + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const last = bytes.indexOf("0\r\n\r\n", start);
  return last < 0 ? Infinity : last + 5;
}

/** One connection of HTTP/2. */
async function grpcLane({ address, gzip, inFlight }, bodies, offset, count) {
  const messages = bodies.map((body) => {
    const prefix = Buffer.from([gzip ? 1 : 0, 0, 0, 0, 0]);
    prefix.writeUInt32BE(body.length, 1);
    return Buffer.concat([prefix, body]);
  });
  const connection = await GrpcConnection.open(address, {
    ":method": "POST",
    ":scheme": "http",
    ":path": PROTOCOLS.traces.grpcPath,
    ":authority": address,
    "content-type": "application/grpc",
    "user-agent": "bench",
    te: "trailers",
    ...(gzip ? { "grpc-encoding": "gzip" } : {}),
  });
  const sendAll = async (first) => {
    for (let i = first; ; i++) if (!count(await connection.call(messages[i % messages.length]))) return;
  };
  await Promise.all(Array.from({ length: inFlight }, (_unused, i) => sendAll(offset + i)));
  connection.close();
}
