/** Asks the API of a server that knows targets: over TCP or a unix socket, with a limit to the size and time of each answer. */
import type { IncomingHttpHeaders } from "node:http";
import { ClewError, messageOf, type Clock } from "@clew/base";
import type { HttpClientConfig } from "../http-client/http-client-config.ts";
import { HttpClient } from "../http-client/http-client.ts";
import { withinTime } from "./within-time.ts";

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface JsonApiSettings {
  /** The part of the URL before the path that is asked for. */
  readonly base: string;
  /** The unix socket where the server listens; undefined for TCP. */
  readonly socketPath: string | undefined;
  readonly http: HttpClientConfig;
  /** An answer that takes longer is an error. */
  readonly limitMs: number;
}

export interface JsonAnswer {
  readonly value: unknown;
  readonly headers: IncomingHttpHeaders;
}

export class JsonApi {
  readonly #settings: JsonApiSettings;
  readonly #clock: Clock;
  readonly #client: HttpClient;

  constructor(settings: JsonApiSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#client = new HttpClient(settings.http, clock);
  }

  /** What is at `path`; rejects with `SCRAPE_FAILED` where that is no JSON. */
  async json(path: string, query: URLSearchParams, signal: AbortSignal): Promise<JsonAnswer> {
    const { body, headers } = await this.#get(path, query, signal);
    try {
      return { value: JSON.parse(body.toString()), headers };
    } catch (error) {
      throw new ClewError("SCRAPE_FAILED", `${path} did not answer with JSON: ${errorText(error)}`);
    }
  }

  /** Only the headers of the answer. */
  async head(path: string, signal: AbortSignal): Promise<IncomingHttpHeaders> {
    return (await this.#get(path, new URLSearchParams(), signal)).headers;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #get(path: string, query: URLSearchParams, signal: AbortSignal): ReturnType<HttpClient["get"]> {
    const { base, socketPath, limitMs } = this.#settings;
    const search = query.size === 0 ? "" : `?${query.toString()}`;
    const tooLate = (): Error => new ClewError("SCRAPE_FAILED", `no answer within ${limitMs / 1_000}s`);
    return withinTime(this.#clock, limitMs, signal, tooLate, (limited) =>
      this.#client.get({
        url: `${base}${path}${search}`,
        headers: { accept: "application/json", "accept-encoding": "gzip", "user-agent": "clew-collector" },
        maxBytes: MAX_ANSWER_BYTES,
        signal: limited,
        socketPath,
      }),
    );
  }
}

/** The same without what a socket of this machine does not need: Prometheus asks there without any of the settings. */
export function withoutCredentials(config: HttpClientConfig): HttpClientConfig {
  return {
    ...config,
    basic_auth: undefined,
    authorization: undefined,
    bearer_token: undefined,
    bearer_token_file: undefined,
    oauth2: undefined,
    http_headers: {},
  };
}

/** What an error says. That of a host with several addresses says nothing itself, only those of each. */
export function errorText(error: unknown): string {
  if (error instanceof ClewError) return error.what;
  if (error instanceof AggregateError && error.message === "") return error.errors.map(errorText).join(", ");
  return messageOf(error);
}
