/** Gets pages and posts as Prometheus does: with its TLS, its ways to say who we are, redirects, gzip and limits. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { ClewError, messageOf, type Clock } from "@clew/base";
import { type Connections, connectionsOf } from "./connections.ts";
import type { HttpClientConfig } from "./http-client-config.ts";
import { piecesOf, type RequestHeaders, send } from "./http-requests.ts";
import { OwnHeaders } from "./own-headers.ts";
import type { Environment } from "./proxy-config.ts";

const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What was posted is posted again. */
const BODY_KEEPING: ReadonlySet<number> = new Set([307, 308]);

export interface PageRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** More bytes, after decompression, are an error; 0 is no limit. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** The unix socket to connect to, instead of the URL's host. */
  readonly socketPath?: string | undefined;
}

export interface PostRequest {
  readonly url: string;
  /** JSON. */
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** "Not Found" and its like. */
  readonly statusText: string;
}

export interface FetchedPage {
  readonly contentType: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface AnyRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  readonly socketPath?: string | undefined;
}

export class HttpClient {
  readonly #config: HttpClientConfig;
  readonly #headers: OwnHeaders;
  readonly #env: Environment;
  #connections: Promise<Connections> | undefined;

  /** `env`: where proxies may be named. */
  constructor(config: HttpClientConfig, clock: Clock, env: Environment = process.env) {
    this.#config = config;
    this.#env = env;
    this.#headers = new OwnHeaders(clock, env);
  }

  /** Rejects with `SCRAPE_FAILED` for anything but a whole page with status 200. */
  async get(request: PageRequest): Promise<FetchedPage> {
    return readPage(await this.#send({ ...request, method: "GET" }), request.maxBytes);
  }

  /** The answer's body is of no interest. Rejects where no answer comes. */
  async post({ url, body, signal }: PostRequest): Promise<PostAnswer> {
    const headers = { "content-type": "application/json", "user-agent": "clew" };
    const response = await this.#send({ url, body, headers, signal, method: "POST" });
    // A connection is of use again once its answer was read.
    response.resume();
    return { status: response.statusCode ?? 0, statusText: response.statusMessage ?? "" };
  }

  /** The head of the answer, after redirects where they are followed. */
  async #send(request: AnyRequest): Promise<IncomingMessage> {
    const { signal, socketPath } = request;
    let { url, method, body } = request;
    let headers: RequestHeaders = { ...request.headers, ...(await this.#headers.of(this.#config, signal)) };
    for (let redirects = 0; ; redirects++) {
      const connections = await this.#connected();
      const response = await send(url, { method, headers, connections, signal, socketPath, body });
      const { statusCode = 0 } = response;
      const { location } = response.headers;
      const isRedirect = REDIRECTS.has(statusCode) && location !== undefined;
      if (!isRedirect || !this.#config.follow_redirects) return response;
      response.resume();
      if (redirects === MAX_REDIRECTS) throw failed(`stopped after ${MAX_REDIRECTS} redirects`);
      const next = new URL(location, url);
      // Who we are is no other host's business.
      if (next.host !== new URL(url).host) headers = request.headers;
      if (!BODY_KEEPING.has(statusCode)) [method, body] = ["GET", undefined];
      url = next.href;
    }
  }

  async close(): Promise<void> {
    const connections = await this.#connections?.catch(() => undefined);
    connections?.close();
  }

  #connected(): Promise<Connections> {
    this.#connections ??= connectionsOf(this.#config, this.#env, true);
    return this.#connections;
  }
}

async function readPage(response: IncomingMessage, maxBytes: number): Promise<FetchedPage> {
  if (response.statusCode !== 200) {
    response.resume();
    throw failed(`server returned HTTP status ${response.statusCode} ${response.statusMessage ?? ""}`.trimEnd());
  }
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of piecesOf(response)) {
      received += chunk.length;
      if (maxBytes > 0 && received > maxBytes) throw failed("body size limit exceeded");
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof ClewError ? cause : failed(messageOf(cause));
  }
  const { headers } = response;
  return { contentType: headers["content-type"] ?? "", headers, body: Buffer.concat(chunks, received) };
}

function failed(what: string): ClewError {
  return new ClewError("SCRAPE_FAILED", what, { remedy: "see the target" });
}
