/**
 * ClickHouse's HTTP interface in front of an embedded engine, so that one client serves
 * both. Parameters, headers and error texts are ClickHouse's ("HTTP Interface" in its
 * documentation); of its features, those that its official client uses.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { EmbeddedSession } from "./embedded-session.ts";
import type { SessionPool } from "./session-pool.ts";

/** Parameters that are not settings of the engine. */
const PROTOCOL_PARAMETERS = new Set([
  "query",
  "query_id",
  "session_id",
  "session_timeout",
  "database",
  "user",
  "password",
  "role",
  "default_format",
  "compress",
  "decompress",
  "enable_http_compression",
  "wait_end_of_query",
  "buffer_size",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
]);

const INSERT =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?([\w.`"]+)\s*(?:\(([^)]*)\))?\s*(?:SETTINGS\s[^;]*?)?FORMAT\s+(\w+)\s*;?\s*$/i;
const IS_INSERT = /^\s*INSERT\s/i;

export interface ClickHouseHttpSettings {
  readonly reads: SessionPool;
  readonly inserts: SessionPool;
  /** Where binary blocks stand while the engine reads them. */
  readonly scratchDirectory: string;
}

export class ClickHouseHttp {
  readonly #settings: ClickHouseHttpSettings;

  constructor(settings: ClickHouseHttpSettings) {
    this.#settings = settings;
  }

  /** Answers one request. Never rejects: what goes wrong becomes the response. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://engine");
    if (url.pathname === "/ping" || (request.method === "GET" && !url.searchParams.has("query"))) {
      response.end("Ok.\n");
      return;
    }
    const queryId = url.searchParams.get("query_id") ?? randomUUID();
    response.setHeader("X-ClickHouse-Query-Id", queryId);
    try {
      await this.#answer(url.searchParams, request, response);
    } catch (error) {
      sendException(response, error);
    }
  }

  async #answer(parameters: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const query = parameters.get("query") ?? "";
    const insert = INSERT.exec(query);
    if (insert !== null) {
      await this.#insert(insert, request, settingsOf(parameters));
      response.end();
      return;
    }
    const body = await readBody(request);
    const sql = query === "" ? body.toString("utf8") : `${query}\n${body.toString("utf8")}`;
    const format = headerOf(request, "x-clickhouse-format") ?? parameters.get("default_format") ?? "TabSeparated";
    const pool = IS_INSERT.test(sql) ? this.#settings.inserts : this.#settings.reads;
    const result = await pool.use(async (session) => {
      // Whoever gave up while waiting for a session wants no answer any more.
      if (response.destroyed) return undefined;
      return withSettings(session, settingsOf(parameters), () => session.queryAsync(sql, { format }));
    });
    if (result === undefined) return;
    const bytes = result.bytes();
    response.setHeader("X-ClickHouse-Format", format);
    response.setHeader("Content-Length", bytes.length);
    response.end(bytes);
  }

  async #insert(insert: RegExpExecArray, body: IncomingMessage, settings: Settings): Promise<void> {
    const [, table = "", columnList, format = ""] = insert;
    const columns = columnList?.split(",").map((column) => column.trim());
    if (!isTextFormat(format)) return this.#insertBinary(table, columns, format, body, settings);
    const values = await readBody(body);
    if (values.length === 0) return;
    await this.#settings.inserts.use((session) =>
      withSettings(session, settings, () =>
        session.insert({ table, values, format, ...(columns === undefined ? {} : { columns }) }),
      ),
    );
  }

  /** The body goes through a file, and never stands in memory whole. */
  async #insertBinary(
    table: string,
    columns: readonly string[] | undefined,
    format: string,
    body: IncomingMessage,
    settings: Settings,
  ): Promise<void> {
    const path = join(this.#settings.scratchDirectory, `${randomUUID()}.block`);
    const list = columns?.join(", ");
    const target = list === undefined ? table : `${table} (${list})`;
    const sql = `INSERT INTO ${target} SELECT ${list ?? "*"} FROM file(${quoted(path)}, ${quoted(format)})`;
    try {
      await pipeline(body, createWriteStream(path));
      await this.#settings.inserts.use((session) => withSettings(session, settings, () => session.queryAsync(sql)));
    } finally {
      await rm(path, { force: true });
    }
  }
}

type TextFormat = Parameters<EmbeddedSession["insert"]>[0]["format"];
const TEXT_FORMATS: readonly string[] = [
  "JSONEachRow",
  "JSONCompactEachRow",
  "CSV",
  "CSVWithNames",
  "TabSeparated",
  "TabSeparatedWithNames",
] satisfies readonly TextFormat[];

function isTextFormat(format: string): format is TextFormat {
  return TEXT_FORMATS.includes(format);
}

type Settings = readonly (readonly [string, string])[];

function settingsOf(parameters: URLSearchParams): Settings {
  return [...parameters].filter(([name]) => !PROTOCOL_PARAMETERS.has(name) && /^\w+$/.test(name));
}

/** Settings of a session outlive a statement, so they are put back afterwards. */
async function withSettings<T>(session: EmbeddedSession, settings: Settings, task: () => Promise<T>): Promise<T> {
  if (settings.length === 0) return task();
  try {
    await session.queryAsync(`SET ${settings.map(([name, value]) => `${name} = ${quoted(value)}`).join(", ")}`);
    return await task();
  } finally {
    await reset(
      session,
      settings.map(([name]) => name).filter((name) => !name.startsWith("param_")),
    );
  }
}

async function reset(session: EmbeddedSession, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const statement = `SET ${names.map((name) => `${name} = DEFAULT`).join(", ")}`;
  try {
    await session.queryAsync(statement);
  } catch {
    // The engine does not know one of them, which then was never set.
    if (names.length > 1) for (const name of names) await reset(session, [name]);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** `Code: 60. DB::Exception: Unknown table …` with the code in a header, as ClickHouse answers. */
function sendException(response: ServerResponse, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const code = /Code: (\d+)/.exec(text)?.[1] ?? "1002";
  response.statusCode = code === "60" || code === "81" ? 404 : 500;
  response.setHeader("X-ClickHouse-Exception-Code", code);
  response.end(text.startsWith("Code:") ? text : `Code: ${code}. DB::Exception: ${text}`);
}
