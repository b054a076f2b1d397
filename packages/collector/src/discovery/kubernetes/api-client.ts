/** Kubernetes's REST API: lists, and watches line by line. */
import type { IncomingMessage } from "node:http";
import { messageOf, type Clock } from "@clew/base";
import { withinTime } from "../within-time.ts";
import type { AccessSource } from "./access.ts";
import { connectionsOf } from "../../http-client/connections.ts";
import { piecesOf, send, textOf } from "../../http-client/http-requests.ts";
import { OwnHeaders } from "../../http-client/own-headers.ts";
import type { Environment } from "../../http-client/proxy-config.ts";

const MAX_REDIRECTS = 10;
/** Of one page of a list, unpacked. Lists from the API's cache come in one. */
const MAX_PAGE_BYTES = 256 * 1024 * 1024;
/** Of one event. The API takes no object of more than some 3 MB. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;
const LIST_TIMEOUT_MS = 60_000;
/** How much longer than agreed a watch may go on: more means that the other side is gone. */
const WATCH_GRACE_MS = 30_000;
const GONE = 410;
const UNAUTHORIZED = 401;

/** The API did not do what it was asked, or its answer is not what it should be. Errors of connections are others. */
export class ApiError extends Error {
  readonly #status: number | undefined;

  constructor(what: string, status?: number, cause?: unknown) {
    super(status === undefined ? what : `${status} ${what}`.trimEnd(), { cause });
    this.#status = status;
  }

  /** Whether the version that was asked for is too old, so that all must be listed anew. */
  get isExpired(): boolean {
    return this.#status === GONE;
  }
}

export class ApiClient {
  readonly #source: AccessSource;
  readonly #clock: Clock;
  readonly #headers: OwnHeaders;

  readonly #env: Environment;

  /** `env`: where proxies may be named. */
  constructor(source: AccessSource, clock: Clock, env: Environment) {
    this.#source = source;
    this.#clock = clock;
    this.#env = env;
    this.#headers = new OwnHeaders(clock, env);
  }

  /** A page of a list. */
  async page(path: string, query: URLSearchParams, signal: AbortSignal): Promise<unknown> {
    return this.#within(LIST_TIMEOUT_MS, signal, async (limited) => {
      const response = await this.#open(path, query, { "accept-encoding": "gzip" }, limited);
      return parsed(await textOf(response, MAX_PAGE_BYTES));
    });
  }

  /** Calls `take` with each event of a watch, until the API ends it. */
  async watch(
    path: string,
    query: URLSearchParams,
    seconds: number,
    signal: AbortSignal,
    take: (event: unknown) => void,
  ): Promise<void> {
    await this.#within(seconds * 1_000 + WATCH_GRACE_MS, signal, async (limited) => {
      const response = await this.#open(path, query, {}, limited);
      let pending: Buffer[] = [];
      let pendingBytes = 0;
      for await (let piece of piecesOf(response)) {
        for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n")) {
          const line = Buffer.concat([...pending, piece.subarray(0, end)]).toString();
          if (line.trim() !== "") take(parsed(line));
          pending = [];
          pendingBytes = 0;
          piece = piece.subarray(end + 1);
        }
        pending.push(piece);
        pendingBytes += piece.length;
        if (pendingBytes > MAX_EVENT_BYTES) throw new ApiError(`an event is longer than ${MAX_EVENT_BYTES} bytes`);
      }
    });
  }

  #within<T>(limitMs: number, signal: AbortSignal, task: (limited: AbortSignal) => Promise<T>): Promise<T> {
    const tooLate = (cause: unknown): Error => new Error(`no end after ${limitMs} ms`, { cause });
    return withinTime(this.#clock, limitMs, signal, tooLate, task);
  }

  async #open(
    path: string,
    query: URLSearchParams,
    more: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const access = await this.#source.access();
    const own = { ...(await this.#headers.of(access.client, signal)), ...access.headers };
    const connections = await connectionsOf(access.client, this.#env, false);
    const first = `${access.url}${path}?${query.toString()}`;
    let url = first;
    for (let redirects = 0; ; redirects++) {
      // What says who we are is for the API alone.
      const isApi = new URL(url).origin === new URL(first).origin;
      const headers = { accept: "application/json", "user-agent": "clew-collector", ...more, ...(isApi ? own : {}) };
      const response = await send(url, { method: "GET", headers, connections, signal });
      const location = response.headers.location;
      const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0) && location !== undefined;
      if (!isRedirect || !access.client.follow_redirects) return this.#checked(response);
      response.destroy();
      if (redirects === MAX_REDIRECTS) throw new ApiError(`stopped after ${MAX_REDIRECTS} redirects`);
      url = new URL(location, url).href;
    }
  }

  async #checked(response: IncomingMessage): Promise<IncomingMessage> {
    const { statusCode: status = 0, statusMessage = "" } = response;
    if (status === 200) return response;
    if (status === UNAUTHORIZED) {
      this.#source.refused();
      this.#headers.forget();
    }
    const text = await textOf(response, MAX_ERROR_BYTES).catch(() => "");
    throw new ApiError(messageOfStatus(text) ?? statusMessage, status);
  }
}

/** The message of a `Status` object. */
function messageOfStatus(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" && message !== "" ? message : undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(`the API's answer is no JSON: ${messageOf(error)}`, undefined, error);
  }
}
