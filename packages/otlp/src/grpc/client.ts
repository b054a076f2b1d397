/** Unary gRPC calls over one HTTP/2 connection, which is made anew when it is lost. */
import type { Clock } from "@clew/base";
import { messageOf, sleep } from "@clew/base";
import { RPC_CODE, type Status } from "../response.ts";
import { ClientConnection, StreamError } from "../http2/client-connection.ts";
import { AnswerTooLarge, type ClientAnswer } from "../http2/client-stream.ts";
import { connectSocket, type Target } from "../http2/connect-socket.ts";
import { ERROR, headerBlock } from "../http2/frame.ts";
import { pieces } from "../http2/pieces.ts";
import { CONTENT_TYPE, PREFIX_BYTES, prefixOf, statusOfTrailers } from "./message.ts";

/** gRPC's own default. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** How long a call that waits for its server lets pass between two attempts to connect. */
const RECONNECT_INTERVAL_MS = 1_000;

/** A call that did not end well. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly status: Status;

  constructor(status: Status) {
    super(status.message);
    this.status = status;
  }
}

export interface KeepaliveConfig {
  /** A connection that was silent for so long is asked whether it lives; 0 never asks. */
  readonly timeMs: number;
  readonly timeoutMs: number;
  /** Whether to ask also while no call is under way. */
  readonly permitWithoutStream: boolean;
}

export interface GrpcClientSettings {
  readonly target: Target;
  /** `:authority` */
  readonly authority: string;
  /** Whether calls wait for a server that cannot be reached, until they are aborted. */
  readonly waitsForReady: boolean;
  readonly keepalive: KeepaliveConfig | undefined;
  /** Whether an idle connection keeps the process alive. */
  readonly holdsProcess: boolean;
  readonly clock: Clock;
}

export interface Request {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: readonly Uint8Array[];
  readonly byteLength: number;
  /** How the message was compressed, if it was. */
  readonly encoding: string | undefined;
}

export class GrpcClient {
  readonly #settings: GrpcClientSettings;
  #connection: Promise<ClientConnection> | undefined;
  // The same, once it is there.
  #open: ClientConnection | undefined;
  #stopKeepalive: () => void = () => {};

  constructor(settings: GrpcClientSettings) {
    this.#settings = settings;
  }

  /** Resolves with the response message. Rejects with `GrpcError`: DEADLINE_EXCEEDED when `signal` aborts first. */
  async call(request: Request, signal: AbortSignal): Promise<Uint8Array> {
    const connection = await this.#connected(signal);
    const { path, message, byteLength, encoding } = request;
    const headers = headerBlock({
      ":method": "POST",
      ":scheme": this.#settings.target.tls === undefined ? "http" : "https",
      ":path": path,
      ":authority": this.#settings.authority,
      "content-type": CONTENT_TYPE,
      te: "trailers",
      ...(encoding === undefined ? {} : { "grpc-encoding": encoding }),
      ...request.headers,
    });
    const prefix = prefixOf({ compressed: encoding !== undefined, length: byteLength });
    const answer = await connection
      .request({ headers, body: [prefix, ...pieces(message)] }, signal)
      .catch((error: unknown) => {
        throw new GrpcError(signal.aborted ? DEADLINE_EXCEEDED : statusOfFailure(error));
      });
    return messageOfAnswer(answer);
  }

  /** Whether a request that it was given may not have left the process yet. */
  get hasUnsentBytes(): boolean {
    return this.#open?.hasUnsentBytes ?? true;
  }

  /** Ends the connection once the calls under way have ended. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    this.#forget();
    await connection?.close();
  }

  async #connected(signal: AbortSignal): Promise<ClientConnection> {
    for (;;) {
      try {
        this.#connection ??= this.#connect();
        return await withinTime(this.#connection, signal);
      } catch (error) {
        if (signal.aborted) throw new GrpcError(DEADLINE_EXCEEDED);
        const message = `connection error: desc = "transport: Error while dialing: ${messageOf(error)}"`;
        if (!this.#settings.waitsForReady) throw new GrpcError({ code: RPC_CODE.UNAVAILABLE, message });
        await sleep(this.#settings.clock, RECONNECT_INTERVAL_MS, signal);
      }
    }
  }

  async #connect(): Promise<ClientConnection> {
    try {
      const socket = await connectSocket(this.#settings.target);
      const connection = new ClientConnection(socket, {
        maxAnswerBytes: MAX_ANSWER_BYTES + PREFIX_BYTES,
        holdsProcess: this.#settings.holdsProcess,
        ended: () => this.#forget(),
      });
      this.#open = connection;
      this.#keepAlive(connection);
      return connection;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#connection = undefined;
    this.#open = undefined;
    this.#stopKeepalive();
    this.#stopKeepalive = () => {};
  }

  #keepAlive(connection: ClientConnection): void {
    const { keepalive, clock } = this.#settings;
    if (keepalive === undefined || keepalive.timeMs === 0) return;
    this.#stopKeepalive = clock.every(keepalive.timeMs, () => {
      if (connection.isIdle && !keepalive.permitWithoutStream) return;
      const cancel = clock.after(keepalive.timeoutMs, () => connection.destroy("keepalive ping failed to receive ACK"));
      void connection.ping().then(cancel);
    });
  }
}

const DEADLINE_EXCEEDED: Status = { code: RPC_CODE.DEADLINE_EXCEEDED, message: "context deadline exceeded" };

/** The answer's message. Throws `GrpcError`. */
function messageOfAnswer({ fields, body }: ClientAnswer): Uint8Array {
  const httpStatus = Number(fields.get(":status"));
  const status = fields.has("grpc-status") || httpStatus === 200 ? statusOfTrailers(fields) : statusOfHttp(httpStatus);
  if (status.code !== RPC_CODE.OK) throw new GrpcError(status);
  return body.subarray(PREFIX_BYTES);
}

/** Rejects when `signal` aborts; what is awaited goes on for others. */
function withinTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** What a lost connection or a reset stream means (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors). */
function statusOfFailure(error: unknown): Status {
  if (error instanceof AnswerTooLarge) {
    const message = `grpc: received message larger than max (${MAX_ANSWER_BYTES})`;
    return { code: RPC_CODE.RESOURCE_EXHAUSTED, message };
  }
  const message = messageOf(error);
  if (!(error instanceof StreamError) || error.code === undefined) return { code: RPC_CODE.UNAVAILABLE, message };
  switch (error.code) {
    case ERROR.REFUSED_STREAM:
      return { code: RPC_CODE.UNAVAILABLE, message };
    case ERROR.CANCEL:
      return { code: RPC_CODE.CANCELLED, message };
    case ERROR.ENHANCE_YOUR_CALM:
      return { code: RPC_CODE.RESOURCE_EXHAUSTED, message };
    default:
      return { code: RPC_CODE.INTERNAL, message };
  }
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
