/** OTLP/HTTP: protobuf and JSON on our own HTTP/1.1 server. */
import { ClewError } from "@clew/base";
import {
  encodeResponse,
  encodeStatus,
  payloadOf,
  payloadOfJson,
  responseJson,
  RPC_CODE,
  SIGNALS,
  statusJson,
  type Payload,
  type Signal,
  type Status,
} from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Consumer, Consumers } from "../../../consumer.ts";
import type { Headers } from "../../../extension.ts";
import type { Exchange, HttpAnswer } from "../../../http1/exchange.ts";
import type { ConnectionServer } from "../../../net/connection-server.ts";
import { http1Server } from "../../../http1/server.ts";
import type { Address } from "../../../net/address.ts";
import { decompress, isCompression } from "../../../compression/decompress.ts";
import type { Receiving, ReceivingRequest } from "../../../net/receiving.ts";
import { identifier, type Identify } from "./client.ts";
import type { HttpConfig } from "./config.ts";
import { corsHeaders, isPreflight } from "./cors.ts";
import { hasCode, refusalStatus, whatOf } from "./outcome.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";

type Encoding = typeof PROTOBUF | typeof JSON_TYPE;

interface Route {
  readonly signal: Signal;
  readonly consumer: Consumer;
  readonly success: Readonly<Record<Encoding, HttpAnswer>>;
}

export class HttpServer {
  readonly #settings: Settings;
  readonly #config: HttpConfig;
  readonly #receiving: Receiving;
  // path --> who takes what is sent there
  readonly #routes = new Map<string, Route>();
  #identify: Identify = () => undefined;
  #server: ConnectionServer | undefined;

  constructor(settings: Settings, config: HttpConfig, next: Consumers, receiving: Receiving) {
    this.#settings = settings;
    this.#config = config;
    this.#receiving = receiving;
    const paths: Record<Signal, string> = {
      traces: config.traces_url_path,
      metrics: config.metrics_url_path,
      logs: config.logs_url_path,
    };
    for (const signal of SIGNALS) {
      const consumer = next[signal];
      if (consumer !== undefined) this.#routes.set(paths[signal], { signal, consumer, success: successOf(signal) });
    }
  }

  /** Rejects with `EXTENSION_MISSING`, `FILE_UNREADABLE`, or as listening does. */
  listen(path: string): Promise<Address> {
    const config = this.#config;
    this.#identify = identifier(this.#settings, config);
    this.#server = http1Server(this.#settings, {
      readHeaderTimeoutMs: limitOf(config.read_header_timeout === 0 ? config.read_timeout : config.read_header_timeout),
      readTimeoutMs: limitOf(config.read_timeout),
      writeTimeoutMs: limitOf(config.write_timeout),
      idleTimeoutMs: limitOf(config.idle_timeout === 0 ? config.read_timeout : config.idle_timeout),
      keepsAlive: config.keep_alives_enabled,
      isFull: () => this.#receiving.isFull,
      serve: (exchange) => this.#serve(exchange),
    });
    return this.#server.listen(config.endpoint, path, config.tls);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #serve(exchange: Exchange): Promise<HttpAnswer> {
    const { cors, response_headers: always } = this.#config;
    if (cors === undefined && Object.keys(always).length === 0) return this.#answer(exchange);
    const headers = { ...always, ...(cors === undefined ? {} : corsHeaders(cors, exchange.head)) };
    if (cors !== undefined && isPreflight(exchange.head)) return { status: 204, headers };
    const answer = await this.#answer(exchange);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }

  async #answer(exchange: Exchange): Promise<HttpAnswer> {
    const { method, target, headers } = exchange.head;
    const route = this.#routes.get(pathOf(target));
    if (route === undefined) return plain(404, "404 page not found\n");
    if (method !== "POST") return plain(405, "405 method not allowed, supported: [POST]");
    const encoding = encodingOf(headers.get("content-type"));
    if (encoding === undefined) {
      return plain(415, `415 unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF}]`);
    }
    try {
      const client = await this.#identify(() => this.#headersOf(exchange), exchange.address);
      const refusal = route.consumer.refusal?.() ?? this.#receiving.refusal();
      if (refusal !== undefined) return failure(encoding, refusal);
      const held = this.#receiving.begin();
      // Not awaited apart: what waits for the answer must not keep bytes that were handed on.
      const isTaken = await this.#payload(exchange, held, route.signal, encoding)
        .then((payload) => {
          if (payload === undefined) return false;
          return route.consumer.consume(client === undefined ? payload : { ...payload, client }).then(() => true);
        })
        .finally(() => held.end());
      if (!isTaken) return plain(400, "the client went away");
    } catch (error) {
      return failure(encoding, error);
    }
    return route.success[encoding];
  }

  /** Parameters of the address count as headers for the authenticator, where it is to see them. */
  #headersOf({ head }: Exchange): Headers {
    const headers = new Map<string, readonly string[]>();
    for (const [name, value] of head.headers) headers.set(name, [value]);
    const parameters = this.#config.auth?.request_params;
    if (!Array.isArray(parameters)) return headers;
    const query = new URLSearchParams(head.target.slice(pathOf(head.target).length));
    for (const name of parameters as readonly unknown[]) {
      if (typeof name === "string" && query.has(name)) headers.set(name.toLowerCase(), query.getAll(name));
    }
    return headers;
  }

  /** Undefined where the client went away. */
  async #payload(
    exchange: Exchange,
    held: ReceivingRequest,
    signal: Signal,
    encoding: Encoding,
  ): Promise<Payload | undefined> {
    const { max_request_body_size: limit, compression_algorithms: allowed } = this.#config;
    const said = exchange.head.headers.get("content-encoding") ?? "";
    const compression = said === "identity" ? "" : said;
    const isAllowed = allowed.length === 0 || allowed.includes(compression);
    if (!isAllowed || (compression !== "" && !isCompression(compression))) throw badEncoding(compression);
    const received = await exchange.body(limit, held);
    if (received === undefined) return undefined;
    const isCompressed = compression !== "" && received.length > 0;
    const body = isCompressed ? await decompress(received, compression, limit) : received;
    const noRoom = isCompressed ? held.add(body.length) : undefined;
    if (noRoom !== undefined) throw noRoom;
    return encoding === JSON_TYPE ? payloadOfJson(signal, body.toString("utf8")) : payloadOf(signal, body);
  }
}

/** A time of 0 is none. */
function limitOf(ms: number): number {
  return ms === 0 ? Infinity : ms;
}

function successOf(signal: Signal): Record<Encoding, HttpAnswer> {
  return {
    [PROTOBUF]: { status: 200, headers: { "Content-Type": PROTOBUF }, body: encodeResponse(signal) },
    [JSON_TYPE]: { status: 200, headers: { "Content-Type": JSON_TYPE }, body: responseJson(signal) },
  };
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}

function encodingOf(contentType = ""): Encoding | undefined {
  const parameters = contentType.indexOf(";");
  const type = (parameters < 0 ? contentType : contentType.slice(0, parameters)).trim().toLowerCase();
  return type === PROTOBUF || type === JSON_TYPE ? type : undefined;
}

function badEncoding(encoding: string): ClewError {
  return new ClewError("BODY_CORRUPT", `unsupported Content-Encoding: ${encoding}`, {
    remedy: "send gzip, or see compression_algorithms",
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
  if (hasCode(error, "UNAUTHENTICATED"))
    return { httpStatus: 401, status: { code: RPC_CODE.UNAUTHENTICATED, message } };
  const status = refusalStatus(error);
  return { httpStatus: status.code === RPC_CODE.UNAVAILABLE ? 503 : 500, status };
}

/** A `google.rpc.Status` in the request's own encoding. */
function failure(encoding: Encoding, error: unknown): HttpAnswer {
  const { httpStatus, status } = outcomeOf(error);
  const { retryDelayMs } = status;
  return {
    status: httpStatus,
    headers: {
      "Content-Type": encoding,
      ...(retryDelayMs === undefined ? {} : { "Retry-After": String(Math.ceil(retryDelayMs / 1_000)) }),
    },
    body: encoding === JSON_TYPE ? statusJson(status) : encodeStatus(status),
  };
}

function plain(status: number, body: string): HttpAnswer {
  return { status, headers: { "Content-Type": "text/plain" }, body };
}
