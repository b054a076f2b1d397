import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Settings } from "../component.ts";
import { post, type Answer } from "../net/post.ts";
import { requestHeaders, tlsOptions } from "./client-config.ts";
import type { HttpConnectionConfig } from "./http-client-config.ts";

export interface HttpMessage {
  readonly url: string;
  /** In lower case; those that are configured, and those that prove who we are, are under them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[];
  readonly signal: AbortSignal;
}

/** The connections of an exporter that sends over HTTP. */
export class HttpClient {
  readonly #settings: Settings;
  readonly #config: HttpConnectionConfig;
  #httpAgent: HttpAgent | undefined;
  #httpsAgent: HttpsAgent | undefined;
  #headers: () => Promise<Readonly<Record<string, string>>> = () => Promise.resolve({});

  constructor(settings: Settings, config: HttpConnectionConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  /** Rejects with `FILE_UNREADABLE` or `EXTENSION_MISSING`. */
  async open(): Promise<void> {
    const config = this.#config;
    const connections = {
      keepAlive: !config.disable_keep_alives,
      maxSockets: config.max_conns_per_host === 0 ? Infinity : config.max_conns_per_host,
      maxFreeSockets: config.max_idle_conns === 0 ? Infinity : config.max_idle_conns,
      ...(config.idle_conn_timeout === 0 ? {} : { timeout: config.idle_conn_timeout }),
    };
    this.#httpAgent = new HttpAgent(connections);
    this.#httpsAgent = new HttpsAgent({ ...connections, ...(await tlsOptions(config.tls, this.#settings.path)) });
    this.#headers = requestHeaders(this.#settings, config.headers, config.auth);
  }

  async post({ url, headers, body, signal }: HttpMessage): Promise<Answer> {
    const agent = url.startsWith("https:") ? this.#httpsAgent : this.#httpAgent;
    return post({ url, headers: { ...(await this.#headers()), ...headers }, body, agent, signal });
  }

  close(): void {
    this.#httpAgent?.destroy();
    this.#httpsAgent?.destroy();
  }
}

/** What the answer's `Retry-After` says, in seconds or as a date. */
export function retryAfterMs({ headers }: Pick<Answer, "headers">, nowMs: number): number | undefined {
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
