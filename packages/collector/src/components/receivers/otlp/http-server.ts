/** OTLP/HTTP: protobuf and JSON on our own HTTP/1.1 server. */
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
import type { Exchange, HttpAnswer } from "../../../http1/exchange.ts";
import { Http1Server } from "../../../http1/server.ts";
import type { Address } from "../../../net/address.ts";
import { decompress, isCompression } from "../../../net/decompress.ts";
import type { Receiving } from "../../../net/receiving.ts";
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
  readonly #config: HttpConfig;
  readonly #receiving: Receiving;
  // path --> who takes what is sent there
  readonly #routes = new Map<string, Route>();
  readonly #server: Http1Server;

  constructor(settings: Settings, config: HttpConfig, next: Consumers, receiving: Receiving) {
    this.#receiving = receiving;
    this.#config = config;
    const paths: Record<Signal, string> = {
      traces: config.traces_url_path,
      metrics: config.metrics_url_path,
      logs: config.logs_url_path,
    };
    for (const signal of Object.keys(paths) as Signal[]) {
      const consumer = next[signal];
      if (consumer !== undefined) this.#routes.set(paths[signal], { signal, consumer, success: successOf(signal) });
    }
    this.#server = new Http1Server(settings, {
      readHeaderTimeoutMs: config.read_header_timeout,
      readTimeoutMs: Infinity,
      writeTimeoutMs: 30_000,
      idleTimeoutMs: config.idle_timeout,
      keepsAlive: true,
      serve: (exchange) => this.#serve(exchange),
    });
  }

  listen(path: string): Promise<Address> {
    return this.#server.listen(this.#config.endpoint, path);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #serve(exchange: Exchange): Promise<HttpAnswer> {
    const { cors } = this.#config;
    if (cors === undefined) return this.#answer(exchange);
    const headers = corsHeaders(cors, exchange.head);
    if (isPreflight(exchange.head)) return { status: 204, headers };
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
    const refusal = route.consumer.refusal?.();
    if (refusal !== undefined) return failure(encoding, refusal);
    try {
      const payload = await this.#payload(exchange, route.signal, encoding);
      if (payload === undefined) return plain(400, "client went away");
      await route.consumer.consume(payload);
    } catch (error) {
      return failure(encoding, error);
    }
    return route.success[encoding];
  }

  /** Undefined where the client went away. */
  async #payload(exchange: Exchange, signal: Signal, encoding: Encoding): Promise<Payload | undefined> {
    const limit = this.#config.max_request_body_size;
    const contentEncoding = exchange.head.headers.get("content-encoding") ?? "";
    const isPlain = contentEncoding === "" || contentEncoding === "identity";
    if (!isPlain && !isCompression(contentEncoding)) throw badEncoding(contentEncoding);
    const received = await exchange.body(limit, this.#receiving.begin());
    if (received === undefined) return undefined;
    const isCompressed = isCompression(contentEncoding) && received.length > 0;
    const body = isCompressed ? await decompress(received, contentEncoding, limit) : received;
    return encoding === JSON_TYPE ? payloadOfJson(signal, body.toString("utf8")) : payloadOf(signal, body);
  }
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
