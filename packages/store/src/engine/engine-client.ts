/** The store's one way to speak to its engine, embedded or not: over ClickHouse's HTTP interface, inserts and commands by ClickHouse's own client. */
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { Turnstile } from "@clew/base";
import { credentialHeaders, type EngineEndpoint } from "./engine-endpoint.ts";
import { QueryRequests } from "./query-request.ts";
import type { QueryParameters } from "./query-text.ts";

const QUERY_TIMEOUT_S = 30;
/** A migration rewrites all that is stored; a peer that is gone is found out by TCP's keep-alive. */
const COMMAND_TIMEOUT_MS = 86_400_000;
/** More wait: each takes cores from what comes in. Inserts do not wait for them. */
const QUERIES_AT_ONCE = 6;
const QUERY_MEMORY_BYTES = 2_000_000_000;
/** Lower runs first: while an insert runs, queries pause between two blocks. */
const INSERT_PRIORITY = "1";
const QUERY_PRIORITY = "2";
/** A query names its series one by one, perhaps in each of several tables. */
const QUERY_TEXT_BYTES = 67_108_864;
/** Every query is limited, can write nothing, and ends when nobody waits for its answer. */
const QUERY_LIMITS: Readonly<Record<string, string>> = {
  readonly: "2",
  max_memory_usage: String(QUERY_MEMORY_BYTES),
  max_query_size: String(QUERY_TEXT_BYTES),
  priority: QUERY_PRIORITY,
  cancel_http_readonly_queries_on_client_close: "1",
};
const ROWS_AS_JSON: Readonly<Record<string, string>> = {
  output_format_json_quote_64bit_integers: "1",
  output_format_json_quote_denormals: "1",
  // Maps come with their order and repeated keys.
  output_format_json_map_as_array_of_tuples: "1",
  output_format_json_named_tuples_as_objects: "0",
  // Threads for it take half a millisecond to start, and answers are small.
  output_format_parallel_formatting: "0",
};
const RECONNECT_ATTEMPTS_MS = 15_000;
const RECONNECT_DELAY_MS = 50;
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
]);

export class EngineClient {
  readonly #client: ClickHouseClient;
  readonly #commands: ClickHouseClient;
  readonly #requests: QueryRequests;
  readonly #queries = new Turnstile(QUERIES_AT_ONCE);
  readonly #querySettings: Readonly<Record<string, string>>;
  readonly #insertSettings: Readonly<Record<string, string>>;

  constructor(endpoint: EngineEndpoint) {
    const { url, database, agent, settings, insertSettings, querySettings, queryTimeoutS = QUERY_TIMEOUT_S } = endpoint;
    const options = {
      url,
      database,
      http_headers: credentialHeaders(endpoint),
      set_basic_auth_header: false,
      // Both clients have the agent's connections: the one's limit for idle ones would end what the other uses. Servers end them too.
      keep_alive: { enabled: true, idle_socket_ttl: 0 },
      clickhouse_settings: { ...settings },
      log: { level: ClickHouseLogLevel.OFF },
      ...(agent === undefined ? {} : { http_agent: agent }),
    } as const;
    const timeoutMs = (queryTimeoutS + 5) * 1_000;
    this.#client = createClient({ ...options, request_timeout: timeoutMs, max_open_connections: 64 });
    this.#commands = createClient({ ...options, request_timeout: COMMAND_TIMEOUT_MS, max_open_connections: 4 });
    this.#requests = new QueryRequests(endpoint, timeoutMs);
    const limits = { ...QUERY_LIMITS, max_execution_time: String(queryTimeoutS) };
    this.#querySettings = { ...ROWS_AS_JSON, ...settings, ...limits, ...querySettings };
    this.#insertSettings = { ...insertSettings };
  }

  /** Runs a query; each row is an array of its columns' JSON values, 64-bit integers as strings. */
  async rows<Row extends readonly unknown[]>(
    query: string,
    parameters: QueryParameters = {},
    signal?: AbortSignal,
  ): Promise<Row[]> {
    const settings = this.#querySettings;
    const request = { query, parameters, settings, format: "JSONCompactEachRow", signal };
    return rowsOf<Row>(await this.#ask(() => this.#requests.send(request), signal));
  }

  /** Runs a statement that goes on after its answer, which is returned as rows. */
  async started(statement: string): Promise<(readonly [string, ...string[]])[]> {
    const result = await this.#client.query({ query: statement, format: "JSONCompactEachRow" });
    return (await result.json()) as unknown as (readonly [string, ...string[]])[];
  }

  /** Runs a query whose own FORMAT says what the returned bytes are. */
  async bytes(query: string, parameters: QueryParameters = {}, signal?: AbortSignal): Promise<Buffer> {
    return Buffer.concat(await this.chunks(query, parameters, signal));
  }

  /** The same, in the pieces in which the bytes came. */
  async chunks(query: string, parameters: QueryParameters = {}, signal?: AbortSignal): Promise<readonly Buffer[]> {
    const request = { query, parameters, settings: this.#querySettings, signal };
    return this.#ask(() => this.#requests.send(request), signal);
  }

  /** Runs a statement that is no query. One on a cluster does not wait for nodes that are away: they do it when they are back. */
  async command(query: string, parameters: QueryParameters = {}): Promise<void> {
    await this.#commands.command({
      query,
      query_params: { ...parameters },
      clickhouse_settings: {
        distributed_ddl_output_mode: "null_status_on_timeout",
        ...this.#insertSettings,
      },
    });
  }

  /** Resolves to what is wrong where the engine does not answer. */
  async ping(): Promise<string | undefined> {
    const result = await this.#client.ping();
    return result.success ? undefined : result.error.message || "no connection";
  }

  /** Inserts Native blocks into `table (column, …)` as one part, once: a second insert under the same token does nothing. */
  insertNative(target: string, blocks: readonly Uint8Array[], token: string): Promise<void> {
    return this.insert(`INSERT INTO ${target} FORMAT Native`, blocks, token);
  }

  /** The same by an INSERT that ends in `FORMAT Native`. */
  async insert(statement: string, blocks: readonly Uint8Array[], token: string): Promise<void> {
    const { stream } = await this.#client.exec({
      query: statement,
      values: Readable.from(blocks),
      clickhouse_settings: {
        insert_deduplicate: 1,
        insert_deduplication_token: token,
        deduplicate_blocks_in_dependent_materialized_views: 1,
        priority: INSERT_PRIORITY,
        max_threads: 1,
        max_insert_threads: "1",
        max_insert_block_size: "100000000",
        min_insert_block_size_rows: "100000000",
        min_insert_block_size_bytes: "1000000000",
        max_partitions_per_insert_block: "0",
        ...this.#insertSettings,
      },
    });
    stream.resume();
    await finished(stream);
  }

  async close(): Promise<void> {
    this.#requests.close();
    await Promise.all([this.#client.close(), this.#commands.close()]);
  }

  async #ask<T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.#queries.run(() => this.#whenConnected(task, signal), signal);
  }

  /** An engine that is being started again is waited for. */
  async #whenConnected<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const giveUpAt = performance.now() + RECONNECT_ATTEMPTS_MS;
    for (;;) {
      try {
        return await task();
      } catch (error) {
        if (!isDisconnected(error) || performance.now() > giveUpAt || signal?.aborted === true) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_DELAY_MS));
      }
    }
  }
}

/** Whether the engine was not there, as opposed to having refused. */
export function isDisconnected(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return (
    (typeof code === "string" && NOT_CONNECTED.has(code)) ||
    (error instanceof Error && error.message.includes("socket hang up"))
  );
}

/** Rows in lines. */
function rowsOf<Row>(chunks: readonly Buffer[]): Row[] {
  const lines = Buffer.concat(chunks).toString().trimEnd();
  // A line feed in a text is escaped.
  return JSON.parse(`[${lines.replaceAll("\n", ",")}]`) as Row[];
}
