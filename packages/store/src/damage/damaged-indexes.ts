/**
 * Finds parts whose indexes can't be read. What an index is read from goes through a cache of the engine's, whose error names
 * no file: so each index is read alone, part by part where reading it of all of them fails.
 */
import type { EngineClient } from "../engine/engine-client.ts";
import { isDamage } from "./damage-errors.ts";
import type { DamagedPart } from "./salvage.ts";

interface Index {
  readonly table: string;
  readonly name: string;
  readonly expression: string;
  readonly type: string;
}

/** Text that no row has, so that a search for it reads an index and nothing else. */
const NOWHERE = "clewlooksfordamage";

/** Parts of our tables with an index that is not what was written. Rejects with the engine's error where that is another one. */
export async function partsWithDamagedIndexes(client: EngineClient): Promise<DamagedPart[]> {
  const found: DamagedPart[] = [];
  for (const index of await indexesOf(client)) {
    if (await canBeRead(client, index)) continue;
    for (const part of await partsOf(client, index.table))
      if (!(await canBeRead(client, index, part.name))) found.push(part);
  }
  return found;
}

async function canBeRead(client: EngineClient, index: Index, part?: string): Promise<boolean> {
  const ofPart = part === undefined ? "" : `_part = '${part}' AND`;
  try {
    await client.bytes(
      `SELECT count() FROM ${index.table} WHERE ${ofPart} ${searchOf(index)}
       SETTINGS force_data_skipping_indices = '${index.name}', use_skip_indexes_on_data_read = 0, use_query_condition_cache = 0`,
    );
    return true;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return false;
  }
}

/** A condition that the index answers. */
function searchOf({ expression, type }: Index): string {
  if (type === "tokenbf_v1") return `hasToken(${expression}, '${NOWHERE}')`;
  return expression.startsWith("mapValues(") ? `has(${expression}, '${NOWHERE}')` : `${expression} = '${NOWHERE}'`;
}

async function indexesOf(client: EngineClient): Promise<Index[]> {
  const rows = await client.rows<readonly [string, string, string, string]>(
    "SELECT table, name, expr, type FROM system.data_skipping_indices WHERE database = currentDatabase()",
  );
  return rows.map(([table, name, expression, type]) => ({ table, name, expression, type }));
}

async function partsOf(client: EngineClient, table: string): Promise<DamagedPart[]> {
  const rows = await client.rows<readonly [string, string]>(
    `SELECT name, toString(rows) FROM system.parts
     WHERE active AND database = currentDatabase() AND table = {table:String}`,
    { table },
  );
  return rows.map(([name, count]) => ({ table, name, rows: Number(count) }));
}
