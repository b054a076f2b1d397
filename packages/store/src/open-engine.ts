/** Starts a store's engine and brings what it holds to this program's format. */
import { join } from "node:path";
import { ClewError, messageOf, type Clock } from "@clew/base";
import { undoRestore } from "./backup/restore.ts";
import { removeBrokenMerges } from "./damage/broken-merges.ts";
import { directoryFormat, removeOldSnapshots, snapshotBeforeMigration } from "./directory-format.ts";
import type { ClickHouseServer } from "./engine/clickhouse-url.ts";
import { EmbeddedEngine } from "./engine/embedded-engine.ts";
import { EngineClient, isDisconnected } from "./engine/engine-client.ts";
import type { Engine } from "./engine/engine.ts";
import { orphanedEngineGone } from "./engine/orphaned-engine.ts";
import { ServerEngine } from "./engine/server-engine.ts";
import { migrate, refuseNewer, type FormatRecord } from "./schema/migrate.ts";
import { InsertJournal } from "./spool/insert-journal.ts";
import { TableDirectories } from "./engine/table-directories.ts";
import { FORMAT } from "./schema/migrations/index.ts";
import { serverFormat } from "./schema/server-format.ts";

const DEFAULT_ENGINE_MEMORY_BYTES = 2_147_483_648;

export interface EngineSettings {
  /** Everything that is kept here stands below this directory. */
  readonly directory: string;
  /** The program that calls `runEngineProgram`; where it is given, the engine is embedded. */
  readonly engineProgram?: string;
  /** What the embedded engine may use for all that it does. */
  readonly engineMemoryBytes?: number;
  /** A ClickHouse server or cluster to use instead. */
  readonly server?: ClickHouseServer;
  /** Only queries are asked: tables are neither made nor migrated. */
  readonly readOnly?: boolean;
}

export interface EngineWorld {
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

export interface OpenEngine {
  readonly engine: Engine;
  readonly client: EngineClient;
  /** Of the embedded engine. */
  readonly journal: InsertJournal | undefined;
  close(): Promise<void>;
}

/** Throws `STORE_ENGINE_FAILED`, `STORE_DATA_DAMAGED`, `STORE_FORMAT_NEWER`, `STORE_FORMAT_OLDER` or `STORE_FORMAT_UNKNOWN`; nothing runs then. */
export async function openEngine(settings: EngineSettings, world: EngineWorld): Promise<OpenEngine> {
  const journal = settings.server === undefined ? journalOf(settings.directory) : undefined;
  const engine = engineOf(settings, world, journal);
  const ownFormat = engine.kind === "embedded" ? directoryFormat(settings.directory) : undefined;
  if (ownFormat !== undefined) await prepareDirectory(settings.directory, ownFormat, world, journal);
  const client = new EngineClient(engine.endpoint);
  const close = async (): Promise<void> => {
    await client.close();
    await engine.stop();
  };
  try {
    const startedAtMs = Date.now();
    await engine.start();
    if (engine.kind === "embedded") {
      await undoInterruptedRestore(engine);
      if (settings.readOnly !== true) await removeBrokenMerges(client, startedAtMs);
    }
    const record = ownFormat ?? serverFormat(client, engine.cluster);
    if (settings.readOnly === true) requireFormat(await record.read());
    else {
      const { cluster, kind } = engine;
      await migrate({ client, record, cluster, isServer: kind === "server", report: world.report });
    }
    await journal?.commit();
    return { engine, client, journal, close };
  } catch (error) {
    await close();
    throw isDisconnected(error) ? endedMeanwhile(error) : error;
  }
}

function endedMeanwhile(cause: unknown): ClewError {
  return new ClewError("STORE_ENGINE_FAILED", `the storage engine ended while it was opened: ${messageOf(cause)}`, {
    remedy: "start again; see in the system's log whether something killed it, such as for want of memory",
    cause,
  });
}

async function undoInterruptedRestore({ endpoint }: Engine): Promise<void> {
  const client = new EngineClient({ ...endpoint, database: "default" });
  try {
    await undoRestore(client);
  } finally {
    await client.close();
  }
}

function journalOf(directory: string): InsertJournal {
  return new InsertJournal(join(directory, "spool"), new TableDirectories(join(directory, "engine", "data")));
}

function engineOf(
  { directory, engineProgram, engineMemoryBytes, server }: EngineSettings,
  world: EngineWorld,
  journal: InsertJournal | undefined,
): Engine {
  if (server !== undefined) return new ServerEngine({ server, ...world });
  return new EmbeddedEngine({
    program: engineProgram ?? "",
    directory: join(directory, "engine"),
    memoryBytes: engineMemoryBytes ?? DEFAULT_ENGINE_MEMORY_BYTES,
    beforeStart: async () => journal?.undo(),
    ...world,
  });
}

async function prepareDirectory(
  directory: string,
  format: FormatRecord,
  { clock, report }: EngineWorld,
  journal: InsertJournal | undefined,
): Promise<void> {
  const found = await format.read();
  refuseNewer(found);
  await orphanedEngineGone(join(directory, "engine", "data"), clock);
  // Before tables are copied, whose blocks then have other numbers.
  await journal?.undo();
  if (found === undefined) return format.write(FORMAT);
  const snapshot = await snapshotBeforeMigration(directory, found);
  if (snapshot !== undefined) report(`Stored data has format ${found}. It is kept as it is in ${snapshot}.`);
  else await removeOldSnapshots(directory, clock.nowMs());
}

function requireFormat(found: number | undefined): void {
  refuseNewer(found);
  if (found === FORMAT) return;
  throw new ClewError(
    "STORE_FORMAT_OLDER",
    `the data has ${found === undefined ? "no format" : `format ${found}`} yet`,
    {
      remedy: `start a Clew of this version that may write (--role ingest), which brings it to format ${FORMAT}`,
    },
  );
}
