/**
 * An HTTP server that takes posted bodies of telemetry: within limits, decompressed, from those who
 * may send. For protocols that are not hot; OTLP has a server of its own.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { ClewError } from "@clew/base";
import type { Client } from "@clew/otlp";
import type { Settings } from "../component.ts";
import { serverAuthenticatorOf, type Headers } from "../extension.ts";
import type { Address } from "./address.ts";
import { decompress, isCompression } from "../compression/decompress.ts";
import { allowOrigin } from "./cors.ts";
import { listen } from "./listen.ts";
import { hasCode, whatOf } from "./outcome.ts";
import type { PostServerConfig } from "./post-server-config.ts";
import { Receiving, type ReceivingRequest } from "./receiving.ts";
import { serverTlsOptions } from "./server-tls.ts";

const CLOSE_GRACE_MS = 10_000;

export interface PostedRequest {
  readonly path: string;
  /** Without parameters, in lower case. */
  readonly contentType: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly client: Client;
}

export interface PostAnswer {
  readonly status: number;
  readonly text?: string;
}

/** An answer that tells what is wrong, in a line of its own as Go's `http.Error` writes it. */
export function failed(status: number, text: string): PostAnswer {
  return { status, text: `${text}\n` };
}

export interface PostServerSettings {
  readonly settings: Settings;
  readonly config: PostServerConfig;
  /** The path of `config` below the component. Empty for the component itself. */
  readonly setting: string;
  /** Whether there is anything at a path. */
  readonly isKnown: (path: string) => boolean;
  /** Answers a request. What it rejects with is answered with 500. */
  readonly take: (request: PostedRequest) => Promise<PostAnswer>;
}

export class PostServer {
  readonly #own: PostServerSettings;
  readonly #receiving = new Receiving();
  readonly #open = new Set<ServerResponse>();
  #server: Server | undefined;

  constructor(own: PostServerSettings) {
    this.#own = own;
  }

  async listen(): Promise<Address> {
    const { settings, config, setting } = this.#own;
    const path = [settings.path, setting].filter((part) => part !== "").join("::");
    if (config.auth !== undefined) serverAuthenticatorOf(settings, config.auth.authenticator);
    const serve: RequestListener = (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        settings.report(error);
        response.destroy();
      });
    };
    const times = {
      requestTimeout: config.read_timeout,
      headersTimeout: config.read_header_timeout,
      keepAliveTimeout: config.idle_timeout,
    };
    const tls = config.tls === undefined ? undefined : await serverTlsOptions(config.tls, `${path}::tls`);
    this.#server = tls === undefined ? createServer(times, serve) : createTlsServer({ ...times, ...tls }, serve);
    return listen(this.#server, config.endpoint, `${path}::endpoint`, settings.report);
  }

  /** Takes no new requests; resolves when those in hand were answered. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    for (const response of this.#open) response.shouldKeepAlive = false;
    const cancel = this.#own.settings.clock.after(CLOSE_GRACE_MS, () => server.closeAllConnections());
    await closed;
    cancel();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { config, isKnown } = this.#own;
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    if (!config.keep_alives_enabled || this.#server?.listening !== true) response.shouldKeepAlive = false;
    for (const [name, value] of Object.entries(config.response_headers)) response.setHeader(name, value);
    if (allowOrigin(config.cors, "POST", request, response)) return void response.writeHead(204).end();
    const path = (request.url ?? "/").split("?", 1)[0]!;
    if (!isKnown(path)) return answer(response, failed(404, "404 page not found"));
    if (request.method !== "POST") return answer(response, failed(405, "405 method not allowed, supported: [POST]"));
    answer(response, await this.#answerOf(path, request));
  }

  async #answerOf(path: string, request: IncomingMessage): Promise<PostAnswer> {
    const headers = headersOf(request);
    const held = this.#receiving.begin();
    try {
      const client = await this.#client(request, headers);
      const refusal = this.#receiving.refusal();
      if (refusal !== undefined) throw refusal;
      const body = await this.#body(request, held);
      const [contentType = ""] = (request.headers["content-type"] ?? "").split(";", 1);
      return await this.#own.take({ path, contentType: contentType.trim().toLowerCase(), headers, body, client });
    } catch (error) {
      return failed(statusOf(error), whatOf(error));
    } finally {
      held.end();
    }
  }

  async #client({ socket }: IncomingMessage, headers: Headers): Promise<Client> {
    const { settings, config } = this.#own;
    const { remoteAddress = "", remotePort = 0 } = socket;
    const address = `${remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
    const metadata: Headers = config.include_metadata ? headers : new Map();
    if (config.auth === undefined) return { address, metadata };
    const auth = await serverAuthenticatorOf(settings, config.auth.authenticator).authenticate(headers);
    return { address, metadata, auth };
  }

  async #body(request: IncomingMessage, held: ReceivingRequest): Promise<Buffer> {
    const { max_request_body_size: limit } = this.#own.config;
    const encoding = request.headers["content-encoding"] ?? "";
    const isPlain = encoding === "" || encoding === "identity";
    if (!isPlain && !isCompression(encoding)) {
      throw new ClewError("BODY_CORRUPT", `unsupported Content-Encoding: ${encoding}`, {
        remedy: "send gzip, or nothing",
      });
    }
    const received = await receive(request, limit, held);
    if (!isCompression(encoding) || received.length === 0) return received;
    const body = await decompress(received, encoding, limit);
    const noRoom = held.add(body.length);
    if (noRoom !== undefined) throw noRoom;
    return body;
  }
}

async function receive(request: IncomingMessage, limit: number, held: ReceivingRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) {
      throw new ClewError("BODY_TOO_LARGE", `http: request body too large, more than ${limit} bytes`, {
        remedy: "send smaller batches, or raise max_request_body_size",
      });
    }
    const noRoom = held.add(chunk.length);
    if (noRoom !== undefined) throw noRoom;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function statusOf(error: unknown): number {
  if (hasCode(error, "UNAUTHENTICATED")) return 401;
  if (hasCode(error, "BODY_TOO_LARGE")) return 413;
  if (hasCode(error, "RECEIVER_BUSY")) return 503;
  return hasCode(error, "BODY_CORRUPT") ? 400 : 500;
}

function answer(response: ServerResponse, { status, text }: PostAnswer): void {
  if (response.destroyed) return;
  if (text === undefined) response.writeHead(status).end();
  else response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(text);
}

function headersOf(request: IncomingMessage): Headers {
  return new Map(Object.entries(request.headersDistinct).map(([name, values]) => [name, values ?? []]));
}
