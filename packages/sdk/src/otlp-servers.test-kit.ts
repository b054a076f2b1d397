/** OTLP servers for tests, over HTTP and over gRPC framed by hand, on loopback. */
import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { gunzipSync } from "node:zlib";

interface Received {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface OtlpServer {
  readonly url: string;
  readonly received: Received[];
  /** How many connections were opened so far. */
  connectionCount(): number;
  /** Resolves once so many requests came. */
  waitFor(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface HttpAnswer {
  readonly status?: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: Uint8Array;
}

/** `answer` is asked at each request; answers 200 with an empty message unless told otherwise. */
export async function startHttpServer(
  answer: (index: number) => HttpAnswer | Promise<HttpAnswer> = () => ({}),
): Promise<OtlpServer> {
  const log = new RequestLog();
  const respond = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const body = await readAll(request);
    const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    const index = log.add({ path: request.url ?? "", headers: request.headers, body: plain });
    const { status = 200, headers = {}, body: answerBody = new Uint8Array() } = await answer(index);
    response.writeHead(status, { "content-type": "application/x-protobuf", ...headers }).end(answerBody);
  };
  const server = http.createServer((request, response) => void respond(request, response));
  const connectionCount = countConnections(server);
  const url = await listen(server);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, received: log.received, connectionCount, waitFor: (count) => log.waitFor(count), close };
}

export interface GrpcAnswer {
  readonly status?: number;
  readonly message?: string;
  readonly body?: Uint8Array;
  readonly trailers?: http2.OutgoingHttpHeaders;
}

export async function startGrpcServer(
  answer: (index: number) => GrpcAnswer = () => ({}),
  port = 0,
): Promise<OtlpServer> {
  const log = new RequestLog();
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  const respond = async (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): Promise<void> => {
    const message = await readAll(stream);
    const length = message.readUInt32BE(1);
    const body = message.subarray(5, 5 + length);
    const plain = message[0] === 1 ? gunzipSync(body) : body;
    const index = log.add({ path: headers[":path"] ?? "", headers, body: plain });
    const { status = 0, message: text, body: answerBody = new Uint8Array(), trailers } = answer(index);
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => {
      stream.sendTrailers({
        "grpc-status": String(status),
        ...(text !== undefined && { "grpc-message": text }),
        ...trailers,
      });
    });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(answerBody.length, 1);
    stream.end(status === 0 ? Buffer.concat([prefix, answerBody]) : Buffer.alloc(0));
  };
  server.on("stream", (stream, headers) => void respond(stream, headers));
  const connectionCount = countConnections(server);
  const url = await listen(server, port);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const session of sessions) session.destroy();
    });
  return { url, received: log.received, connectionCount, waitFor: (count) => log.waitFor(count), close };
}

class RequestLog {
  readonly received: Received[] = [];
  readonly #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  add(request: Received): number {
    this.received.push(request);
    for (const { count, resolve } of this.#waiters) if (this.received.length >= count) resolve();
    return this.received.length - 1;
  }

  waitFor(count: number): Promise<void> {
    if (this.received.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function listen(server: Server, port = 0): Promise<string> {
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

function countConnections(server: Server): () => number {
  let count = 0;
  server.on("connection", () => count++);
  return () => count;
}
