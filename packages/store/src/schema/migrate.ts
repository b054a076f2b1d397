import { ClewError, sleep, systemClock, type Clock } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import { statementsFor, type Cluster } from "./cluster-statements.ts";
import { FORMAT, MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { TABLES } from "./tables.ts";

/** CANNOT_ASSIGN_ALTER, KEEPER_EXCEPTION, NO_ZOOKEEPER, TABLE_IS_READ_ONLY, REPLICA_ALREADY_EXISTS, TABLE_ALREADY_EXISTS. */
const OF_A_NEIGHBOUR = new Set(["517", "999", "225", "242", "253", "57"]);
const MOST_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 100;

/** Where it is written down which format the data has. */
export interface FormatRecord {
  /** Undefined where there is no data yet. */
  read(): Promise<number | undefined>;
  write(format: number): Promise<void>;
}

export interface MigrateSettings {
  readonly client: Pick<EngineClient, "command">;
  readonly record: FormatRecord;
  readonly cluster?: Cluster | undefined;
  readonly isServer?: boolean;
  readonly report?: (line: string) => void;
  readonly clock?: Clock;
  readonly migrations?: readonly Migration[];
  readonly tables?: readonly string[];
}

/**
 * Brings stored data to this program's format and makes the tables that are missing. What is
 * done is written down after each step, so a crash costs the step that it was in, which then
 * runs again. Throws `STORE_FORMAT_NEWER`.
 */
export async function migrate(settings: MigrateSettings): Promise<void> {
  const {
    client,
    record,
    cluster,
    isServer = false,
    report,
    clock = systemClock,
    migrations = MIGRATIONS,
    tables = TABLES,
  } = settings;
  const latest = migrations.at(-1)?.format ?? FORMAT;
  const found = await record.read();
  refuseNewer(found, latest);
  const run = async (statement: string): Promise<void> => {
    for (const one of statementsFor(statement, cluster)) await insist(() => client.command(one), clock);
  };
  for (const { format, does, statements, onlyEmbedded = false } of found === undefined ? [] : migrations) {
    if (format <= (found ?? 0)) continue;
    if (!(onlyEmbedded && isServer)) {
      report?.(`Migrating stored data to format ${format}: ${does}.`);
      for (const statement of statements) await run(statement);
    }
    await record.write(format);
  }
  for (const table of tables) await run(table);
  if (found === undefined) await record.write(latest);
}

/**
 * Where several programs change the same tables at once, Keeper lets one at a time do so, and
 * tells the others to come again.
 */
async function insist(task: () => Promise<void>, clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      const code = String((error as { code?: unknown }).code);
      if (!OF_A_NEIGHBOUR.has(code) || attempt === MOST_ATTEMPTS) throw error;
      await sleep(clock, FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}

/** Throws `STORE_FORMAT_NEWER` where a program newer than this one wrote the data. */
export function refuseNewer(found: number | undefined, known: number = FORMAT): void {
  if (found === undefined || found <= known) return;
  throw new ClewError("STORE_FORMAT_NEWER", `the data has format ${found}, and this program knows up to ${known}`, {
    remedy: "start the newer Clew again, or restore the snapshot that it took before it migrated",
  });
}
