/** OTLP over gRPC: unary calls, framed by hand on Node's HTTP/2. Source: gRPC over HTTP2. */
import * as http2 from "node:http2";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "@clew/base";
import { VERSION } from "../version.ts";
import type { OtlpSettings } from "./otlp-config.ts";
import type { OtlpResponse, OtlpTransport } from "./otlp-transport.ts";
import { retryInfoDelayMs } from "./response-messages.ts";

const gzipAsync = promisify(gzip);
/** A message starts with a byte that says whether it is compressed, and four of its length. */
const PREFIX_BYTES = 5;
const MAX_RESPONSE_BYTES = 4 * 1_024 * 1_024;
const UNKNOWN = 2;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;
/**
 * CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS; RESOURCE_EXHAUSTED only
 * with a time to wait. Source: OTLP specification, "OTLP/gRPC response", failures.
 */
const RETRYABLE = new Set([1, 4, 10, 11, UNAVAILABLE, 15]);
/** Source: gRPC, "HTTP to gRPC status code mapping". */
const STATUS_OF_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

interface Answer {
  readonly headers: http2.IncomingHttpHeaders;
  readonly trailers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
}

export class GrpcTransport implements OtlpTransport {
  readonly #path: string;
  readonly #settings: OtlpSettings;
  #session: http2.ClientHttp2Session | undefined;
  #calls = 0;

  constructor(path: string, settings: OtlpSettings) {
    this.#path = path;
    this.#settings = settings;
  }

  async send(body: Uint8Array, timeoutMs: number): Promise<OtlpResponse> {
    try {
      const isGzip = this.#settings.compression === "gzip";
      const message = frame(isGzip ? await gzipAsync(body) : body, isGzip);
      return judge(await this.#call(message, isGzip, timeoutMs));
    } catch (thrown) {
      return { outcome: "retryable", reason: messageOf(thrown) };
    }
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #call(message: Buffer, isGzip: boolean, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const session = this.#connected();
      const stream = session.request(this.#requestHeaders(isGzip, timeoutMs));
      const release = this.#hold(session);
      const fail = (error: Error): void => {
        cancelTimer();
        reject(error);
      };
      const cancelTimer = this.#settings.clock.after(timeoutMs, () => {
        reject(new Error(`no answer within ${timeoutMs} ms`));
        if (session.connecting) session.destroy();
        else stream.close(http2.constants.NGHTTP2_CANCEL);
      });
      // A connection that fails before the stream opened is reported on the session alone.
      session.once("error", fail);
      const chunks: Buffer[] = [];
      let headers: http2.IncomingHttpHeaders = {};
      let trailers: http2.IncomingHttpHeaders = {};
      let length = 0;
      stream.on("response", (received) => (headers = received));
      stream.on("trailers", (received) => (trailers = received));
      stream.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length <= MAX_RESPONSE_BYTES) chunks.push(chunk);
      });
      stream.on("error", fail);
      stream.on("close", () => {
        cancelTimer();
        session.off("error", fail);
        release();
        if (headers[":status"] === undefined) reject(new Error("the connection closed without an answer"));
        else resolve({ headers, trailers, body: Buffer.concat(chunks) });
      });
      stream.end(message);
    });
  }

  #requestHeaders(isGzip: boolean, timeoutMs: number): http2.OutgoingHttpHeaders {
    return {
      "user-agent": `OTel-OTLP-Exporter-Clew/${VERSION}`,
      ...this.#settings.headers,
      ":method": "POST",
      ":path": this.#path,
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-timeout": `${Math.max(Math.ceil(timeoutMs), 1)}m`,
      "grpc-accept-encoding": "identity",
      ...(isGzip && { "grpc-encoding": "gzip" }),
    };
  }

  /** Keeps the process alive until the returned function is called, once for each call under way. */
  #hold(session: http2.ClientHttp2Session): () => void {
    this.#calls++;
    session.ref();
    return () => {
      if (--this.#calls === 0) session.unref();
    };
  }

  /** The connection that is open, or a new one. It does not keep the process alive between calls. */
  #connected(): http2.ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = http2.connect(this.#settings.url.origin, { ...this.#settings.tls });
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on("error", forget);
    session.on("close", forget);
    session.on("goaway", forget);
    session.unref();
    this.#session = session;
    return session;
  }
}

function frame(body: Uint8Array, isGzip: boolean): Buffer {
  const message = Buffer.allocUnsafe(PREFIX_BYTES + body.length);
  message[0] = isGzip ? 1 : 0;
  message.writeUInt32BE(body.length, 1);
  message.set(body, PREFIX_BYTES);
  return message;
}

function judge({ headers, trailers, body }: Answer): OtlpResponse {
  // When there is nothing but a status, it comes in the headers ("Trailers-Only").
  const last = trailers["grpc-status"] === undefined ? headers : trailers;
  const status = statusOf(last, Number(headers[":status"]));
  if (status === 0) return { outcome: "accepted", body: body.subarray(PREFIX_BYTES) };
  const reason = `gRPC status ${status}: ${decoded(text(last["grpc-message"]) ?? "no message")}`;
  const retryAfterMs = retryInfoDelayMs(text(last["grpc-status-details-bin"]));
  const canRetry = RETRYABLE.has(status) || (status === RESOURCE_EXHAUSTED && retryAfterMs !== undefined);
  return canRetry ? { outcome: "retryable", reason, retryAfterMs } : { outcome: "refused", reason };
}

function statusOf(last: http2.IncomingHttpHeaders, httpStatus: number): number {
  const status = Number(text(last["grpc-status"]));
  if (Number.isInteger(status)) return status;
  return STATUS_OF_HTTP[httpStatus] ?? UNKNOWN;
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** `grpc-message` is percent-encoded. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
