/** A copy of the stored tables that stays as it is while it is moved: links to their parts, which take no room. */
import type { EngineClient } from "../engine/engine-client.ts";
import { MOVED_TABLES } from "../schema/tables.ts";

const FROZEN = "clew_moving";
export function frozen(table: string): string {
  return `${FROZEN}.${table}`;
}

/** Makes the copy, unless an earlier try has made it whole. */
export async function freezeTables(client: EngineClient): Promise<void> {
  const whole = await client.rows("SELECT 1 FROM system.tables WHERE database = {database:String} AND name = 'whole'", {
    database: FROZEN,
  });
  if (whole.length === 0) await copyTables(client);
  for (const table of MOVED_TABLES) await client.command(`SYSTEM STOP MERGES ${frozen(table)}`);
}

async function copyTables(client: EngineClient): Promise<void> {
  await removeFrozenTables(client);
  await client.command(`CREATE DATABASE ${FROZEN}`);
  for (const table of MOVED_TABLES) {
    await client.command(`CREATE TABLE ${frozen(table)} AS ${table}`);
    await client.command(`SYSTEM STOP MERGES ${frozen(table)}`);
    const partitions = await client.rows<readonly [string]>(
      "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active",
      { table },
    );
    for (const [id] of partitions)
      await client.command(`ALTER TABLE ${frozen(table)} ATTACH PARTITION ID '${id}' FROM ${table}`);
  }
  await client.command(`CREATE TABLE ${FROZEN}.whole (x UInt8) ENGINE = MergeTree ORDER BY x`);
}

export async function removeFrozenTables(client: EngineClient): Promise<void> {
  await client.command(`DROP DATABASE IF EXISTS ${FROZEN} SYNC`);
}
