/**
 * Takes a damaged part out of its table without what can still be read of it: that is copied into a table beside it, then
 * the part is put aside and the copy takes its place. A crash leaves either the part or the copy to go on with.
 */
import type { EngineClient } from "../engine/engine-client.ts";
import { isDamage } from "./damage-errors.ts";

const DATABASE = "clew_salvage";
/** So many rows are read at once, that no read takes long. */
const ROWS_AT_ONCE = 500_000;
/** A granule of most tables: what is damaged costs at least so many rows. */
const FEWEST_ROWS = 1_024;

export interface DamagedPart {
  readonly table: string;
  readonly name: string;
  readonly rows: number;
}

/** Rows by their places in a part, the last of which is not among them. */
type Range = readonly [from: number, to: number];

/** The rows of a part that can be read. */
export async function readableRows(client: EngineClient, part: DamagedPart): Promise<readonly Range[]> {
  const readable: Range[] = [];
  for (let from = 0; from < part.rows; from += ROWS_AT_ONCE)
    readable.push(...(await readableOf(client, part, [from, Math.min(from + ROWS_AT_ONCE, part.rows)])));
  return readable;
}

/** Nothing may be inserted meanwhile. What was damaged stays in the table's directory `detached`. */
export async function salvage(client: EngineClient, part: DamagedPart, readable: readonly Range[]): Promise<void> {
  const { table, name } = part;
  await finishSalvage(client);
  await client.command(`SYSTEM STOP MERGES ${table}`);
  try {
    await client.command(`CREATE DATABASE ${DATABASE}`);
    await client.command(`CREATE TABLE ${DATABASE}.${table} AS ${table}`);
    for (const range of readable)
      await client.command(`INSERT INTO ${DATABASE}.${table} SELECT * FROM ${table} WHERE ${placeOf(part, range)}`);
    await client.command(`CREATE TABLE ${DATABASE}.whole (x UInt8) ENGINE = MergeTree ORDER BY x COMMENT '${name}'`);
    await finishSalvage(client);
  } finally {
    await client.command(`SYSTEM START MERGES ${table}`);
  }
}

/** Finishes what a crash has interrupted: the copy takes the part's place if it is whole, and is given up otherwise. */
export async function finishSalvage(client: EngineClient): Promise<void> {
  const tables = await client.rows<readonly [string, string]>(
    "SELECT name, comment FROM system.tables WHERE database = {database:String}",
    { database: DATABASE },
  );
  const part = tables.find(([name]) => name === "whole")?.[1];
  const copy = tables.find(([name]) => name !== "whole")?.[0];
  if (part !== undefined && copy !== undefined) await replacePart(client, copy, part);
  await client.command(`DROP DATABASE IF EXISTS ${DATABASE} SYNC`);
}

async function replacePart(client: EngineClient, table: string, part: string): Promise<void> {
  if (await isIn(client, "parts", table, part)) await client.command(`ALTER TABLE ${table} DETACH PART '${part}'`);
  // One that is neither here nor there was merged, and can be read after all.
  else if (!(await isIn(client, "detached_parts", table, part))) return;
  const partitions = await client.rows<readonly [string]>(
    "SELECT DISTINCT partition_id FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active",
    { database: DATABASE, table },
  );
  for (const [id] of partitions)
    await client.command(`ALTER TABLE ${DATABASE}.${table} MOVE PARTITION ID '${id}' TO TABLE ${table}`);
}

async function isIn(
  client: EngineClient,
  where: "parts" | "detached_parts",
  table: string,
  part: string,
): Promise<boolean> {
  const found = await client.rows(
    `SELECT 1 FROM system.${where} WHERE database = currentDatabase() AND table = {table:String} AND name = {part:String}
     ${where === "parts" ? "AND active" : ""}`,
    { table, part },
  );
  return found.length > 0;
}

/** What of a range can be read, by halves. */
async function readableOf(client: EngineClient, part: DamagedPart, range: Range): Promise<Range[]> {
  const [from, to] = range;
  try {
    await client.bytes(`SELECT * FROM ${part.table} WHERE ${placeOf(part, range)} FORMAT Null`);
    return [range];
  } catch (error) {
    if (!isDamage(error)) throw error;
    if (to - from <= FEWEST_ROWS) return [];
    const middle = from + Math.max(FEWEST_ROWS, Math.floor((to - from) / 2 / FEWEST_ROWS) * FEWEST_ROWS);
    return [...(await readableOf(client, part, [from, middle])), ...(await readableOf(client, part, [middle, to]))];
  }
}

function placeOf({ name }: DamagedPart, [from, to]: Range): string {
  return `_part = '${name}' AND _part_offset >= ${from} AND _part_offset < ${to}`;
}
