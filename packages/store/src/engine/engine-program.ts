/**
 * The engine's own process: opens the data directory, serves ClickHouse's HTTP interface on
 * a local socket, and ends when its parent asks or is gone. A fault in native code or a
 * heavy query takes down this process and nothing else.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { ClickHouseHttp } from "./clickhouse-http.ts";
import type { EmbeddedSession } from "./embedded-session.ts";
import { SessionPool } from "./session-pool.ts";

/** How many queries run at once; more wait. */
const READ_SESSIONS = 4;
const OPEN_ATTEMPTS_MS = 10_000;
const OPEN_RETRY_MS = 100;

export interface EngineProgramSettings {
  /** Opens a session of the embedded library on `directory`. */
  readonly open: (directory: string, connectionArguments: readonly string[]) => EmbeddedSession;
  readonly directory: string;
  readonly socketPath: string;
  readonly memoryBytes: number;
}

/** What the process tells its parent. */
export interface EngineReady {
  readonly type: "ready";
  readonly version: string;
}

/** Serves until the parent says "shutdown". Throws where the data directory can't be opened. */
export async function runEngineProgram(settings: EngineProgramSettings): Promise<void> {
  endWithParent();
  const stop = toldToStop();
  const scratchDirectory = join(settings.directory, "scratch");
  rmSync(scratchDirectory, { recursive: true, force: true });
  mkdirSync(scratchDirectory, { recursive: true });
  const configuration = join(settings.directory, "engine.xml");
  writeFileSync(configuration, configurationXml(settings.memoryBytes));
  const open = (): EmbeddedSession =>
    settings.open(join(settings.directory, "data"), [
      `--config-file=${configuration}`,
      "--async_load_databases=0",
      "--async_load_system_database=0",
    ]);

  const first = await firstSession(open);
  const version = Buffer.from((await first.queryAsync("SELECT version()", { format: "TabSeparated" })).bytes())
    .toString()
    .trim();
  const inserts = new SessionPool(() => first, 1);
  const reads = new SessionPool(open, READ_SESSIONS);
  const http = new ClickHouseHttp({ reads, inserts, scratchDirectory });
  const server = createServer((request, response) => void http.handle(request, response));
  server.keepAliveTimeout = 60_000;
  rmSync(settings.socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: settings.socketPath }, resolve);
  });
  process.send?.({ type: "ready", version } satisfies EngineReady);
  await stop;
  server.close();
  reads.close();
  inserts.close();
}

/** A parent that was killed may have left an engine that is still letting go of the directory. */
async function firstSession(open: () => EmbeddedSession): Promise<EmbeddedSession> {
  const giveUpAt = Date.now() + OPEN_ATTEMPTS_MS;
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, OPEN_RETRY_MS));
    }
  }
}

/**
 * An engine whose parent is gone ends at once, whatever it does at that moment: what was
 * acknowledged is on disk, and the next program waits for the directory. Called first of all,
 * since a parent may be killed while the engine is still starting.
 */
function endWithParent(): void {
  const end = (): void => void process.kill(process.pid, "SIGKILL");
  if (!process.connected) end();
  process.once("disconnect", end);
  // Ctrl-C reaches the whole process group: the parent decides when the engine may go.
  process.on("SIGINT", () => {});
}

function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.on("message", (message) => {
      if (message === "shutdown") resolve();
    });
  });
}

/** Small caches and few threads: the engine shares a developer's machine. */
function configurationXml(memoryBytes: number): string {
  return `<clickhouse>
  <logger><level>none</level></logger>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <index_mark_cache_size>33554432</index_mark_cache_size>
  <primary_index_cache_size>67108864</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <mmap_cache_size>64</mmap_cache_size>
  <compiled_expression_cache_size>16777216</compiled_expression_cache_size>
  <max_thread_pool_size>64</max_thread_pool_size>
  <max_thread_pool_free_size>0</max_thread_pool_free_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>2</background_schedule_pool_size>
</clickhouse>
`;
}
