/**
 * The engine does not sync what it merged, so after a power cut a merged part may be broken, while those that it was made of
 * are still there, and are used. The broken one is no loss then, and goes.
 */
import { stat } from "node:fs/promises";
import type { EngineClient } from "../engine/engine-client.ts";

interface Blocks {
  readonly table: string;
  readonly partition: string;
  readonly first: number;
  readonly last: number;
}

interface BrokenPart extends Blocks {
  readonly name: string;
  readonly path: string;
}

type Row = readonly [table: string, partition: string, first: string, last: string, name: string, path: string];

/**
 * To be called when the engine has just started and nothing was inserted yet: later ones may have the numbers of blocks that were
 * lost. `startedAtMs` is before its start, by the clock of the disk.
 */
export async function removeBrokenMerges(client: EngineClient, startedAtMs: number): Promise<void> {
  const broken = await brokenNow(client, startedAtMs);
  if (broken.length === 0) return;
  const rows = await client.rows<Row>(
    `SELECT table, partition_id, toString(min_block_number), toString(max_block_number), name, path
     FROM system.parts WHERE active AND database = currentDatabase()`,
  );
  const used = rows.map(blocksOf);
  for (const part of broken) {
    const others = broken.filter((other) => other !== part && isOfSame(other, part));
    const isThere = (block: number): boolean => used.some((one) => isOfSame(one, part) && has(one, block));
    if (!isThere(part.first) || !isThere(part.last) || others.some((other) => overlap(other, part))) continue;
    await client.command(
      `ALTER TABLE ${part.table} DROP DETACHED PART '${part.name}' SETTINGS allow_drop_detached = 1`,
    );
  }
}

/** Those that were found to be broken at this start: what was renamed was changed then. */
async function brokenNow(client: EngineClient, startedAtMs: number): Promise<BrokenPart[]> {
  const rows = await client.rows<Row>(
    `SELECT table, partition_id, toString(min_block_number), toString(max_block_number), name, path
     FROM system.detached_parts WHERE database = currentDatabase() AND reason = 'broken-on-start' AND level > 0`,
  );
  const found = rows.map((row) => ({ ...blocksOf(row), name: row[4], path: row[5] }));
  const ages = await Promise.all(found.map(({ path }) => stat(path)));
  return found.filter((_part, i) => ages[i]!.ctimeMs >= startedAtMs);
}

function blocksOf([table, partition, first, last]: Row): Blocks {
  return { table, partition, first: Number(first), last: Number(last) };
}

function isOfSame(a: Blocks, b: Blocks): boolean {
  return a.table === b.table && a.partition === b.partition;
}

function has({ first, last }: Blocks, block: number): boolean {
  return first <= block && block <= last;
}

function overlap(a: Blocks, b: Blocks): boolean {
  return a.first <= b.last && b.first <= a.last;
}
