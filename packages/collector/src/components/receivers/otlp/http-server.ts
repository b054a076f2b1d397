/** OTLP/HTTP on `node:http`: protobuf and JSON, plain and gzip. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ClewError } from "@clew/base";
import {
  encodeResponse,
  encodeStatus,
  payloadOf,
  payloadOfJson,
  responseJson,
  RPC_CODE,
  statusJson,
  type Payload,
  type Signal,
  type Status,
} from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Consumer, Consumers } from "../../../consumer.ts";
import type { Address } from "../../../net/address.ts";
import { inflate } from "../../../net/inflate.ts";
import { listen } from "../../../net/listen.ts";
import type { HttpConfig } from "./config.ts";
import { allowOrigin, isPreflight } from "./cors.ts";
import { hasCode, refusalStatus, whatOf } from "./outcome.ts";
import type { Receiving, ReceivingRequest } from "../../../net/receiving.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";
/** How long a client that sends nothing more may hold up a shutdown. */
const CLOSE_GRACE_MS = 10_000;

type Encoding = typeof PROTOBUF | typeof JSON_TYPE;

export class HttpServer {
  readonly #settings: Settings;
  readonly #config: HttpConfig;
  readonly #receiving: Receiving;
  // path --> who takes what is sent there
  readonly #routes = new Map<string, { readonly signal: Signal; readonly consumer: Consumer }>();
  readonly #open = new Set<ServerResponse>();
  readonly #server: Server;

  constructor(settings: Settings, config: HttpConfig, next: Consumers, receiving: Receiving) {
    this.#receiving = receiving;
    this.#settings = settings;
    this.#config = config;
    const paths: Record<Signal, string> = {
      traces: config.traces_url_path,
      metrics: config.metrics_url_path,
      logs: config.logs_url_path,
    };
    for (const signal of Object.keys(paths) as Signal[]) {
      const consumer = next[signal];
      if (consumer !== undefined) this.#routes.set(paths[signal], { signal, consumer });
    }
    this.#server = createServer({
      headersTimeout: config.read_header_timeout,
      keepAliveTimeout: config.idle_timeout,
    });
    this.#server.on("request", (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        settings.report(error);
        response.destroy();
      });
    });
  }

  listen(path: string): Promise<Address> {
    return listen(this.#server, this.#config.endpoint, path, this.#settings.report);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const response of this.#open) response.shouldKeepAlive = false;
    const cancel = this.#settings.clock.after(CLOSE_GRACE_MS, () => this.#server.closeAllConnections());
    await closed;
    cancel();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    if (!this.#server.listening) response.shouldKeepAlive = false;
    const { cors } = this.#config;
    if (cors !== undefined) allowOrigin(cors, request, response);
    if (cors !== undefined && isPreflight(request)) return void response.writeHead(204).end();
    const route = this.#routes.get((request.url ?? "").split("?", 1)[0] ?? "");
    if (route === undefined) return plain(response, 404, "404 page not found\n");
    if (request.method !== "POST") return plain(response, 405, "405 method not allowed, supported: [POST]");
    const encoding = encodingOf(request);
    if (encoding === undefined) {
      return plain(response, 415, `415 unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF}]`);
    }
    const refusal = route.consumer.refusal?.();
    if (refusal !== undefined) return fail(response, encoding, refusal);
    try {
      const payload = await this.#payload(request, route.signal, encoding);
      if (payload === undefined) return; // The client went away.
      await route.consumer.consume(payload);
    } catch (error) {
      return fail(response, encoding, error);
    }
    const body = encoding === JSON_TYPE ? responseJson(route.signal) : encodeResponse(route.signal);
    response.writeHead(200, { "content-type": encoding }).end(body);
  }

  async #payload(request: IncomingMessage, signal: Signal, encoding: Encoding): Promise<Payload | undefined> {
    const limit = this.#config.max_request_body_size;
    const contentEncoding = request.headers["content-encoding"] ?? "";
    if (!["", "identity", "gzip"].includes(contentEncoding)) throw badEncoding(contentEncoding);
    const receiving = this.#receiving.begin();
    const received = await readBody(request, limit, receiving).finally(() => receiving.end());
    if (received === undefined) return undefined;
    const body = contentEncoding === "gzip" && received.length > 0 ? await inflate(received, limit) : received;
    return encoding === JSON_TYPE ? payloadOfJson(signal, body.toString("utf8")) : payloadOf(signal, body);
  }
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  return type === PROTOBUF || type === JSON_TYPE ? type : undefined;
}

/** Undefined where the client broke off: a truncated body is nobody's. Rejects with `BODY_TOO_LARGE`. */
function readBody(
  request: IncomingMessage,
  limitBytes: number,
  receiving: ReceivingRequest,
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers["content-length"] ?? 0) > limitBytes) return reject(bodyTooLarge(limitBytes));
    const chunks: Buffer[] = [];
    let received = 0;
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      const refusal = received > limitBytes ? bodyTooLarge(limitBytes) : receiving.add(chunk.length);
      if (refusal !== undefined) {
        chunks.length = 0;
        return reject(refusal);
      }
      chunks.push(chunk);
    });
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

function bodyTooLarge(limitBytes: number): ClewError {
  return new ClewError("BODY_TOO_LARGE", `http: request body too large, more than ${limitBytes} bytes`, {
    remedy: "send smaller batches, or raise max_request_body_size",
  });
}

function badEncoding(encoding: string): ClewError {
  return new ClewError("BODY_CORRUPT", `unsupported Content-Encoding: ${encoding}`, {
    remedy: "send gzip, or nothing",
  });
}

/** What the pipeline or the body's faults are as an HTTP status. */
function outcomeOf(error: unknown): { httpStatus: number; status: Status } {
  const message = whatOf(error);
  if (hasCode(error, "OTLP_MALFORMED") || hasCode(error, "BODY_CORRUPT")) {
    return { httpStatus: 400, status: { code: RPC_CODE.INVALID_ARGUMENT, message } };
  }
  if (hasCode(error, "BODY_TOO_LARGE")) {
    return { httpStatus: 413, status: { code: RPC_CODE.RESOURCE_EXHAUSTED, message } };
  }
  const status = refusalStatus(error);
  return { httpStatus: status.code === RPC_CODE.UNAVAILABLE ? 503 : 500, status };
}

/** A `google.rpc.Status` in the request's own encoding. */
function fail(response: ServerResponse, encoding: Encoding, error: unknown): void {
  if (response.destroyed) return;
  const { httpStatus, status } = outcomeOf(error);
  if (status.retryDelayMs !== undefined) response.setHeader("retry-after", Math.ceil(status.retryDelayMs / 1_000));
  response.writeHead(httpStatus, { "content-type": encoding });
  response.end(encoding === JSON_TYPE ? statusJson(status) : encodeStatus(status));
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(text);
}
