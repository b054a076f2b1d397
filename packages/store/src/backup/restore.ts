import { ClewError } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import { FORMAT } from "../schema/migrations/index.ts";
import { manifestOf, restoreDatabase, type BackupManifest, type BackupPlace } from "./backup.ts";

/** What was stored before, until what is restored is whole. */
const BEFORE = "clew_before_restore";

export interface RestoreSettings {
  /** A client that is in no database of ours. */
  readonly place: BackupPlace;
  /** Brings the restored database from this format to the present one, views included. */
  readonly migrate: (format: number) => Promise<void>;
  /** Whether what is stored may go. */
  readonly replace: boolean;
}

/**
 * Puts a backup in the place of what is stored, all or nothing: what was there stays until the backup is in. Nothing may
 * write to the engine meanwhile. Throws `RESTORE_NOT_EMPTY`, and what `manifestOf` and `restoreDatabase` throw.
 */
export async function restore({ place, migrate, replace }: RestoreSettings, source: string): Promise<BackupManifest> {
  const { client } = place;
  const manifest = await manifestOf(source);
  if (!replace && (await hasRows(client)))
    throw new ClewError("RESTORE_NOT_EMPTY", "the store has data, which a restored backup takes the place of", {
      remedy: "say --replace to give it up, or name another directory with --data",
    });
  await dropViews(client);
  await client.command(`RENAME DATABASE clew TO ${BEFORE}`);
  try {
    await restoreDatabase(place, source);
    await dropViews(client);
    await migrate(manifest.format);
  } catch (error) {
    await undoRestore(client);
    await migrate(FORMAT);
    throw error;
  }
  await client.command(`DROP DATABASE ${BEFORE} SYNC`);
  return manifest;
}

/** Gives back what was stored before a restore that did not come to its end. */
export async function undoRestore(client: EngineClient): Promise<void> {
  const before = await client.rows("SELECT 1 FROM system.databases WHERE name = {name:String}", { name: BEFORE });
  if (before.length === 0) return;
  await client.command("DROP DATABASE IF EXISTS clew SYNC");
  await client.command(`RENAME DATABASE ${BEFORE} TO clew`);
}

/** A view knows tables by their database's name, and is made again by the migration. */
async function dropViews(client: EngineClient): Promise<void> {
  const views = await client.rows<readonly [string]>(
    "SELECT name FROM system.tables WHERE database = 'clew' AND engine = 'MaterializedView'",
  );
  for (const [name] of views) await client.command(`DROP VIEW clew.${name} SYNC`);
}

async function hasRows(client: EngineClient): Promise<boolean> {
  const [[rows] = ["0"]] = await client.rows<readonly [string]>(
    "SELECT sum(rows) FROM system.parts WHERE active AND database = 'clew'",
  );
  return Number(rows) > 0;
}
