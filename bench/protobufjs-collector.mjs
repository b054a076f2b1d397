/**
 * The same pipeline as people write it with protobufjs: requests are decoded to objects, a resource attribute
 * is inserted, batches of 1024 spans are encoded again and sent on. Servers and clients are node's own. For comparison only:
 * it has no limiter, no metrics, and no answer to failures but to pass them on.
 */
import { createServer, Agent, request as httpRequest } from "node:http";
import { connect, createServer as createHttp2 } from "node:http2";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import protobuf from "protobufjs";
import { PROTOCOLS } from "../packages/otlp/dist/index.js";

const BATCH_SPANS = 1_024;
const BATCH_TIMEOUT_MS = 200;
const WINDOW_BYTES = 1024 * 1024;
const inflate = promisify(gunzip);
const deflate = promisify(gzip);

const settings = JSON.parse(process.argv[2]);
const Request = typeOf(PROTOCOLS.traces.request, new protobuf.Root());
const send = settings.protocol === "http" ? httpSender() : grpcSender();
let pending = newBatch();

createServer((request, response) => {
  whole(request)
    .then((body) => take(request.headers["content-encoding"] === "gzip" ? inflate(body) : body))
    .then(
      () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end(),
      () => response.writeHead(503).end(),
    )
    .catch(console.error);
}).listen(settings.http, "127.0.0.1");

const grpc = createHttp2({ settings: { initialWindowSize: WINDOW_BYTES } });
grpc.on("session", (session) => session.setLocalWindowSize(8 * WINDOW_BYTES));
grpc.on("stream", (stream) => {
  stream.on("error", () => {});
  whole(stream)
    .then((body) => take(body[0] === 1 ? inflate(body.subarray(5)) : body.subarray(5)))
    .then(
      () => "0",
      () => "14",
    )
    .then((status) => {
      if (stream.destroyed) return undefined;
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
      return stream.end(Buffer.alloc(5));
    })
    .catch(console.error);
});
grpc.listen(settings.grpc, "127.0.0.1");

async function take(body) {
  const { resourceSpans } = Request.decode(await body);
  for (const { resource } of resourceSpans) {
    if (resource.attributes.some(({ key }) => key === "environment")) continue;
    resource.attributes.push({ key: "environment", value: { stringValue: "bench" } });
  }
  const batch = pending;
  batch.resourceSpans.push(...resourceSpans);
  for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) batch.spans += spans.length;
  if (batch.spans >= BATCH_SPANS) flush();
  else batch.timer ??= setTimeout(flush, BATCH_TIMEOUT_MS);
  return batch.sent;
}

function newBatch() {
  let settle;
  const sent = new Promise((resolve) => (settle = resolve));
  return { resourceSpans: [], spans: 0, timer: undefined, sent, settle };
}

function flush() {
  const { resourceSpans, timer, settle } = pending;
  clearTimeout(timer);
  pending = newBatch();
  const bytes = Request.encode({ resourceSpans }).finish();
  settle(settings.gzip ? deflate(bytes).then(send) : send(bytes));
}

function httpSender() {
  const agent = new Agent({ keepAlive: true });
  const headers = {
    "content-type": "application/x-protobuf",
    ...(settings.gzip ? { "content-encoding": "gzip" } : {}),
  };
  return (body) =>
    new Promise((resolve, reject) => {
      const url = `http://127.0.0.1:${settings.sink.http}${PROTOCOLS.traces.httpPath}`;
      const sending = httpRequest(url, {
        method: "POST",
        agent,
        headers: { ...headers, "content-length": body.length },
      });
      sending.on("error", reject);
      sending.on("response", (response) => response.resume().on("end", resolve));
      sending.end(body);
    });
}

function grpcSender() {
  const session = connect(`http://127.0.0.1:${settings.sink.grpc}`);
  return (body) =>
    new Promise((resolve, reject) => {
      const prefix = Buffer.from([settings.gzip ? 1 : 0, 0, 0, 0, 0]);
      prefix.writeUInt32BE(body.length, 1);
      const stream = session.request({
        ":method": "POST",
        ":path": PROTOCOLS.traces.grpcPath,
        "content-type": "application/grpc",
        te: "trailers",
        ...(settings.gzip ? { "grpc-encoding": "gzip" } : {}),
      });
      stream.on("error", reject);
      stream.on("close", resolve);
      stream.resume();
      stream.end(Buffer.concat([prefix, body]));
    });
}

async function whole(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The protobufjs type of one of our schema's messages. */
function typeOf(message, root) {
  const existing = root.get(message.name);
  if (existing !== null) return existing;
  const type = new protobuf.Type(message.name);
  root.add(type);
  for (const { number, name, kind, repeated, oneof, message: inner } of message.fields) {
    const of = inner === undefined ? scalarOf(kind) : typeOf(inner(), root).name;
    type.add(new protobuf.Field(name, number, of, repeated ? "repeated" : undefined));
    if (oneof !== undefined && type.oneofs?.[oneof] === undefined) type.add(new protobuf.OneOf(oneof));
    if (oneof !== undefined) type.oneofs[oneof].add(type.fields[name]);
  }
  return type;
}

function scalarOf(kind) {
  if (kind === "traceId" || kind === "spanId") return "bytes";
  return kind === "enum" ? "int32" : kind;
}
