/**
 * Queries over ClickHouse's HTTP interface: the text in the body, everything else in the URL. Its own client, which inserts
 * and commands go through, waits for a timer before each request and reads answers as streams of streams: a query takes 2.5 ms
 * longer by it, and the page of a trace is several queries.
 *
 * https://clickhouse.com/docs/interfaces/http
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { engineError } from "./engine-error.ts";
import { credentialHeaders, type EngineEndpoint } from "./engine-endpoint.ts";
import { queryText, type QueryParameters } from "./query-text.ts";

const MAX_SOCKETS = 64;

export interface QueryRequest {
  readonly query: string;
  readonly parameters: QueryParameters;
  readonly settings: Readonly<Record<string, string>>;
  /** Of an answer whose query has no FORMAT of its own. */
  readonly format?: string;
  readonly signal?: AbortSignal | undefined;
}

export class QueryRequests {
  readonly #endpoint: EngineEndpoint;
  readonly #timeoutMs: number;
  readonly #agent: HttpAgent | TlsAgent;
  readonly #isTls: boolean;

  /** No answer for so long is an error. */
  constructor(endpoint: EngineEndpoint, timeoutMs: number) {
    this.#endpoint = endpoint;
    this.#timeoutMs = timeoutMs;
    this.#isTls = endpoint.url.startsWith("https:");
    const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.#agent = endpoint.agent ?? (this.#isTls ? new TlsAgent(options) : new HttpAgent(options));
  }

  /** The answer in the pieces in which it came. Rejects with what the engine says, with its `code`. */
  async send({ query, parameters, settings, format, signal }: QueryRequest): Promise<readonly Buffer[]> {
    const search = new URLSearchParams({ database: this.#endpoint.database, ...settings });
    if (format !== undefined) search.set("default_format", format);
    for (const [name, value] of Object.entries(parameters)) search.set(`param_${name}`, queryText(value));
    const answer = await this.#answer(`${this.#endpoint.url}/?${search.toString()}`, Buffer.from(query), signal);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of answer) chunks.push(chunk as Buffer);
    } catch (error) {
      // Behind an error that comes after rows the engine breaks off.
      throw engineError(answer, chunks) ?? error;
    }
    const error = engineError(answer, chunks);
    if (error !== undefined) throw error;
    return chunks;
  }

  /** Ends the connections, where they are its own. */
  close(): void {
    if (this.#endpoint.agent === undefined) this.#agent.destroy();
  }

  #answer(url: string, body: Buffer, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const send = this.#isTls ? tlsRequest : httpRequest;
      const request = send(url, {
        method: "POST",
        agent: this.#agent,
        timeout: this.#timeoutMs,
        headers: { ...credentialHeaders(this.#endpoint), "content-length": body.length },
        ...(signal === undefined ? {} : { signal }),
      });
      request.once("response", resolve);
      request.once("timeout", () => request.destroy(new Error("Timeout error.")));
      // Also of a connection that breaks while the answer is read, which reading it tells.
      request.on("error", reject);
      request.end(body);
    });
  }
}
