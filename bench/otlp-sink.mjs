/**
 * A process that takes OTLP over HTTP and gRPC and forgets it. Prints {"http": port, "grpc": port} once it listens.
 * With `--down` it accepts connections and never answers; with `--count` it counts what comes, for GET /items, until POST /reset.
 */
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { payloadOf, payloadOfJson, PROTOCOLS, SIGNALS } from "../packages/otlp/dist/index.js";

const WINDOW_BYTES = 16 * 1024 * 1024;
const isDown = process.argv.includes("--down");
const counts = process.argv.includes("--count");
let items = 0;

const http = createHttp((request, response) => {
  if (request.url === "/items") {
    response.end(String(items));
    return;
  }
  if (request.url === "/reset") items = 0;
  if (counts) countBody(request, (signal) => PROTOCOLS[signal].httpPath === request.url, 0, isJson(request));
  else request.resume();
  if (isDown) return;
  request.on("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
});

const grpc = createHttp2({ settings: { initialWindowSize: WINDOW_BYTES } });
grpc.on("session", (session) => session.setLocalWindowSize(WINDOW_BYTES));
grpc.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  if (counts) countBody(stream, (signal) => PROTOCOLS[signal].grpcPath === headers[":path"], 5, false);
  else stream.resume();
  if (isDown) return;
  stream.on("end", () => {
    if (stream.destroyed) return; // Its client was stopped.
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.alloc(5));
  });
});

const isJson = (request) => request.headers["content-type"] === "application/json";

/** Counts a request's spans, points or log records, behind so many bytes of framing. */
function countBody(stream, isSignal, offset, json) {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => {
    const signal = SIGNALS.find(isSignal);
    if (signal === undefined) return;
    const body = Buffer.concat(chunks).subarray(offset);
    items += (json ? payloadOfJson(signal, body.toString()) : payloadOf(signal, body)).counts.items;
  });
}

const listening = (server) =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
console.log(JSON.stringify({ http: await listening(http), grpc: await listening(grpc) }));
