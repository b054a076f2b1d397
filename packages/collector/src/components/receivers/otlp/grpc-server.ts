/** OTLP/gRPC on `node:http2`: three unary methods, with our own framing. */
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { payloadOf, PROTOCOLS, RPC_CODE, SIGNALS, type Signal, type Status } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Consumer, Consumers } from "../../../consumer.ts";
import { CONTENT_TYPE, PREFIX_BYTES, prefixOf, readPrefix, statusTrailers } from "../../../grpc/message.ts";
import type { Address } from "../../../net/address.ts";
import { inflate } from "../../../net/inflate.ts";
import { listen } from "../../../net/listen.ts";
import type { GrpcConfig } from "./config.ts";
import { hasCode, refusalStatus, whatOf } from "./outcome.ts";
import type { Receiving } from "./receiving.ts";

/** Sized for a distant sender: node's defaults allow 1.7 MB/s at 20 ms round trip. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const SESSION_WINDOW_BYTES = 8 * 1024 * 1024;
/** Above what the windows let a peer make us hold, else node answers ENHANCE_YOUR_CALM. */
const SESSION_MEMORY_MB = 64;
/** How long a client that sends nothing more may hold up a shutdown. */
const CLOSE_GRACE_MS = 10_000;

const EMPTY_RESPONSE = prefixOf({ compressed: false, length: 0 });

interface Method {
  readonly signal: Signal;
  readonly consumer: Consumer;
}

/** Ends a call with `status`. */
class CallError extends Error {
  readonly status: Status;

  constructor(code: number, message: string) {
    super(message);
    this.status = { code, message };
  }
}

export class GrpcServer {
  readonly #settings: Settings;
  readonly #config: GrpcConfig;
  readonly #receiving: Receiving;
  readonly #maxBytes: number;
  // :path --> method
  readonly #methods = new Map<string, Method>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #server: Http2Server;

  constructor(settings: Settings, config: GrpcConfig, next: Consumers, receiving: Receiving) {
    this.#receiving = receiving;
    this.#settings = settings;
    this.#config = config;
    this.#maxBytes = config.max_recv_msg_size_mib * 1024 * 1024;
    for (const signal of SIGNALS) {
      const consumer = next[signal];
      if (consumer !== undefined) this.#methods.set(PROTOCOLS[signal].grpcPath, { signal, consumer });
    }
    this.#server = createServer({
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, maxConcurrentStreams: config.max_concurrent_streams },
    });
    this.#server.on("session", (session) => this.#track(session));
    this.#server.on("stream", (stream, headers) => this.#serve(stream, headers));
  }

  listen(path: string): Promise<Address> {
    return listen(this.#server, this.#config.endpoint, path, this.#settings.report);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    const cancel = this.#settings.clock.after(CLOSE_GRACE_MS, () => {
      for (const session of this.#sessions) session.destroy();
    });
    await closed;
    cancel();
  }

  #track(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    session.on("close", () => this.#sessions.delete(session));
    // A peer's broken protocol ends its session, nothing else.
    session.on("error", (error) => this.#settings.logger.debug("gRPC connection failed", { error: error.message }));
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on("error", (error) => this.#settings.logger.debug("gRPC stream failed", { error: error.message }));
    if (headers[":method"] !== "POST" || headers["content-type"]?.startsWith(CONTENT_TYPE) !== true) {
      return refuseHttp(stream);
    }
    this.#call(stream, headers)
      .then(
        () => succeed(stream),
        (error: unknown) => fail(stream, error instanceof CallError ? error.status : refusalStatus(error)),
      )
      .catch(this.#settings.report);
  }

  /** Resolves once the request was taken. Rejects with `CallError`, or what the pipeline said. */
  async #call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const path = headers[":path"] ?? "";
    const method = this.#methods.get(path);
    if (method === undefined) throw unimplemented(path);
    const refusal = method.consumer.refusal?.();
    if (refusal !== undefined) throw refusal;
    const message = await this.#message(await this.#frame(stream), headers["grpc-encoding"]);
    const payload = await decoded(() => payloadOf(method.signal, message));
    await method.consumer.consume(payload);
  }

  /** The whole request, prefix included. Rejects as soon as its prefix announces more than is allowed. */
  #frame(stream: ServerHttp2Stream): Promise<Buffer> {
    const request = this.#receiving.begin();
    return new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      let received = 0;
      let expected = Infinity;
      stream.on("data", (chunk: Buffer) => {
        const noRoom = request.add(chunk.length);
        if (noRoom !== undefined) return reject(noRoom);
        chunks.push(chunk);
        received += chunk.length;
        if (expected === Infinity && received >= PREFIX_BYTES) {
          const { length } = readPrefix(chunk.length >= PREFIX_BYTES ? chunk : Buffer.concat(chunks))!;
          if (length > this.#maxBytes) return reject(tooLarge(length, this.#maxBytes));
          expected = PREFIX_BYTES + length;
        }
        if (received > expected)
          reject(new CallError(RPC_CODE.INTERNAL, "grpc: received more than one request message"));
      });
      stream.on("end", () => {
        if (received === expected) return resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, received));
        reject(new CallError(RPC_CODE.INTERNAL, "unexpected EOF"));
      });
      stream.on("close", () => {
        if (received !== expected) reject(new CallError(RPC_CODE.CANCELLED, "context canceled"));
      });
    }).finally(() => request.end());
  }

  async #message(frame: Buffer, encoding: string | string[] | undefined): Promise<Uint8Array> {
    const body = frame.subarray(PREFIX_BYTES);
    if (readPrefix(frame)?.compressed !== true) return body;
    if (encoding === undefined || encoding === "identity") {
      throw new CallError(RPC_CODE.INTERNAL, "grpc: compressed flag set with identity or empty encoding");
    }
    if (encoding !== "gzip") {
      const what = `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`;
      throw new CallError(RPC_CODE.UNIMPLEMENTED, what);
    }
    try {
      return await inflate(body, this.#maxBytes);
    } catch (error) {
      if (hasCode(error, "BODY_TOO_LARGE")) {
        const what = `grpc: received message after decompression larger than max ${this.#maxBytes}`;
        throw new CallError(RPC_CODE.RESOURCE_EXHAUSTED, what);
      }
      throw new CallError(RPC_CODE.INTERNAL, `grpc: failed to decompress the received message: ${whatOf(error)}`);
    }
  }
}

async function decoded<T>(read: () => T): Promise<T> {
  try {
    return read();
  } catch (error) {
    if (!hasCode(error, "OTLP_MALFORMED")) throw error;
    throw new CallError(RPC_CODE.INTERNAL, `grpc: error unmarshalling request: ${whatOf(error)}`);
  }
}

function tooLarge(length: number, maxBytes: number): CallError {
  const what = `grpc: received message larger than max (${length} vs. ${maxBytes})`;
  return new CallError(RPC_CODE.RESOURCE_EXHAUSTED, what);
}

function unimplemented(path: string): CallError {
  const slash = path.lastIndexOf("/");
  const [service, method] = [path.slice(1, Math.max(slash, 1)), path.slice(slash + 1)];
  const isKnown = SIGNALS.some((signal) => PROTOCOLS[signal].grpcPath.startsWith(`/${service}/`));
  const what = isKnown ? `unknown method ${method} for service ${service}` : `unknown service ${service}`;
  return new CallError(RPC_CODE.UNIMPLEMENTED, what);
}

// A stream that its client has reset meanwhile must not be answered: respond() would throw.

function succeed(stream: ServerHttp2Stream): void {
  if (stream.destroyed || stream.closed) return;
  stream.on("wantTrailers", () => {
    if (!stream.destroyed && !stream.closed) stream.sendTrailers({ "grpc-status": "0" });
  });
  stream.respond({ ":status": 200, "content-type": CONTENT_TYPE }, { waitForTrailers: true });
  stream.end(EMPTY_RESPONSE);
}

/** A status without a message. What the client still sends is not read. */
function fail(stream: ServerHttp2Stream, status: Status): void {
  if (stream.destroyed || stream.closed) return;
  const headers = { ":status": 200, "content-type": CONTENT_TYPE, "grpc-accept-encoding": "identity,gzip" };
  stream.respond({ ...headers, ...statusTrailers(status) }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

function refuseHttp(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 415 }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}
