/** Unary gRPC calls over one HTTP/2 connection, which is made anew when it is lost. */
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type SecureClientSessionOptions,
} from "node:http2";
import { messageOf } from "@clew/base";
import { RPC_CODE, type Status } from "@clew/otlp";
import { pieces } from "../net/pieces.ts";
import { CONTENT_TYPE, PREFIX_BYTES, prefixOf, statusOfTrailers } from "./message.ts";

/** A call that did not end well. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly status: Status;

  constructor(status: Status) {
    super(status.message);
    this.status = status;
  }
}

export interface GrpcClientSettings {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: SecureClientSessionOptions;
}

export interface Request {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly message: readonly Uint8Array[];
  readonly byteLength: number;
  /** The message was compressed with gzip. */
  readonly compressed: boolean;
}

export class GrpcClient {
  readonly #settings: GrpcClientSettings;
  #session: ClientHttp2Session | undefined;

  constructor(settings: GrpcClientSettings) {
    this.#settings = settings;
  }

  /** Resolves with the response message. Rejects with `GrpcError`: DEADLINE_EXCEEDED when `signal` aborts first. */
  call(request: Request, signal: AbortSignal): Promise<Uint8Array> {
    const { path, message, byteLength, compressed } = request;
    return new Promise((resolve, reject) => {
      const session = this.#connected();
      const stream = session.request({
        ...this.#settings.headers,
        ":method": "POST",
        ":path": path,
        "content-type": CONTENT_TYPE,
        te: "trailers",
        ...(compressed ? { "grpc-encoding": "gzip" } : {}),
      });
      const abort = (): void => {
        reject(new GrpcError({ code: RPC_CODE.DEADLINE_EXCEEDED, message: "context deadline exceeded" }));
        stream.close(constants.NGHTTP2_CANCEL);
      };
      signal.addEventListener("abort", abort);
      stream.on("close", () => signal.removeEventListener("abort", abort));
      answerOf(stream).then(resolve, reject);
      stream.cork();
      stream.write(prefixOf({ compressed, length: byteLength }));
      for (const piece of pieces(message)) stream.write(piece);
      stream.end();
    });
  }

  /** Ends the connection once the calls under way have ended. */
  close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined || session.destroyed) return Promise.resolve();
    return new Promise((resolve) => session.close(() => resolve()));
  }

  #connected(): ClientHttp2Session {
    const current = this.#session;
    if (current !== undefined && !current.closed && !current.destroyed) return current;
    const session = connect(this.#settings.url, this.#settings.tls);
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on("goaway", forget).on("close", forget);
    session.on("error", forget); // Every call under way hears of it from its own stream.
    this.#session = session;
    return session;
  }
}

function answerOf(stream: ClientHttp2Stream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status: Status | undefined;
    stream.on("response", (headers) => {
      if (headers[":status"] !== 200) status = statusOfHttp(headers[":status"] ?? 0);
      else if (headers["grpc-status"] !== undefined) status = statusOfTrailers(headers);
    });
    stream.on("trailers", (trailers) => (status ??= statusOfTrailers(trailers)));
    stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
    stream.on("error", (error) => reject(new GrpcError({ code: RPC_CODE.UNAVAILABLE, message: messageOf(error) })));
    stream.on("close", () => {
      const ended = status ?? { code: RPC_CODE.UNAVAILABLE, message: "the connection was closed" };
      if (ended.code !== RPC_CODE.OK) return reject(new GrpcError(ended));
      resolve(Buffer.concat(chunks).subarray(PREFIX_BYTES));
    });
  });
}

/** What a proxy's answer means (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md). */
function statusOfHttp(httpStatus: number): Status {
  const codes: Readonly<Record<number, number>> = {
    400: RPC_CODE.INTERNAL,
    401: RPC_CODE.UNAUTHENTICATED,
    403: RPC_CODE.PERMISSION_DENIED,
    404: RPC_CODE.UNIMPLEMENTED,
    429: RPC_CODE.UNAVAILABLE,
    502: RPC_CODE.UNAVAILABLE,
    503: RPC_CODE.UNAVAILABLE,
    504: RPC_CODE.UNAVAILABLE,
  };
  return {
    code: codes[httpStatus] ?? RPC_CODE.UNKNOWN,
    message: `unexpected HTTP status code received from server: ${httpStatus}`,
  };
}
