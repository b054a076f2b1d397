/** Moves what a data directory holds to a ClickHouse server: in pieces, each of which is there once, however often it is tried. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { ClewError, type Clock } from "@clew/base";
import type { ClickHouseServer } from "../engine/clickhouse-url.ts";
import { EngineClient } from "../engine/engine-client.ts";
import { openEngine } from "../open-engine.ts";
import { Store } from "../store.ts";
import { MOVED_TABLES } from "../schema/tables.ts";
import { freezeTables, frozen, removeFrozenTables } from "./frozen-tables.ts";
import { MoveState, type Totals } from "./move-state.ts";

/** Rows of one insert: some ten megabytes. */
const PIECE_ROWS = 50_000;
/** A checksum reads everything that there is. */
const CHECKSUM_TIMEOUT_S = 3_600;
/** Wraps as the engine's sums do. */
const SUM_BITS = 64;

export interface MoveSettings {
  readonly directory: string;
  readonly engineProgram: string;
  readonly server: ClickHouseServer;
  readonly clock: Clock;
  /** Told how far it is. */
  readonly report: (line: string) => void;
  /** Ends it after the piece in hand. Called again, it goes on from there. */
  readonly signal?: AbortSignal;
}

export interface MovedTable {
  readonly table: string;
  readonly rows: number;
}

/**
 * Resolves to what was moved, when the server has all of it, by number and by checksum. The
 * directory keeps its data. Throws `MOVE_INCOMPLETE` where they differ, `MOVE_DONE` where that was done
 * before, and what opening either throws.
 */
export async function moveToServer(settings: MoveSettings): Promise<readonly MovedTable[]> {
  const { directory, engineProgram, server, clock, report } = settings;
  const store = await Store.open({ directory, engineProgram, clock, report });
  try {
    await store.flush();
    const target = await openEngine({ directory, server }, { clock, report });
    const from = new EngineClient({ ...store.visitorEndpoint(true), queryTimeoutS: CHECKSUM_TIMEOUT_S });
    const to = new EngineClient({ ...target.engine.endpoint, queryTimeoutS: CHECKSUM_TIMEOUT_S });
    try {
      return await moveTables(from, to, settings);
    } finally {
      await from.close();
      await to.close();
      await target.close();
    }
  } finally {
    await store.close();
  }
}

async function moveTables(
  from: EngineClient,
  to: EngineClient,
  settings: MoveSettings,
): Promise<readonly MovedTable[]> {
  const { directory, server, report, signal } = settings;
  const target = createHash("sha256").update(`${server.url}/${server.database}`).digest("hex").slice(0, 12);
  const path = join(directory, `move-${target}.json`);
  const state = MoveState.open(path);
  if (state.isDone) throw alreadyMoved(path);
  await freezeTables(from);
  const moved: MovedTable[] = [];
  for (const table of MOVED_TABLES) {
    const what = await describeTable(from, table);
    if (state.before(table) === undefined) await state.setBefore(table, await totalsOf(to, table, what));
    const rows = await moveTable({ from, to, table, state, report, ...(signal === undefined ? {} : { signal }) });
    if (signal?.aborted === true) throw stopped();
    await verify(from, to, table, what, state.before(table) ?? new Map());
    report(`${table}: ${rows} rows, verified`);
    moved.push({ table, rows });
  }
  await state.setDone();
  await removeFrozenTables(from);
  return moved;
}

interface TableMove {
  readonly from: EngineClient;
  readonly to: EngineClient;
  readonly table: string;
  readonly state: MoveState;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
}

async function moveTable({ from, to, table, state, report, signal }: TableMove): Promise<number> {
  const parts = await from.rows<readonly [string, string]>(
    `SELECT _part, toString(count()) FROM ${frozen(table)} GROUP BY _part ORDER BY _part`,
  );
  const columns = await columnsOf(from, table);
  let total = 0;
  for (const [part, count] of parts) {
    for (let at = state.moved(table, part); at < Number(count); at += PIECE_ROWS) {
      if (signal?.aborted === true) return total;
      const piece = await from.bytes(
        `SELECT ${columns} FROM ${frozen(table)} WHERE _part = {part:String} AND _part_offset >= {at:UInt64}
         AND _part_offset < {end:UInt64} ORDER BY _part_offset FORMAT Native`,
        { part, at, end: at + PIECE_ROWS },
      );
      await to.insertNative(`${table} (${columns})`, [piece], `move ${state.id} ${table} ${part} ${at}`);
      await state.setMoved(table, part, Math.min(at + PIECE_ROWS, Number(count)));
    }
    total += Number(count);
    report(`${table}: ${total} rows`);
  }
  return total;
}

async function columnsOf(client: EngineClient, table: string): Promise<string> {
  const rows = await client.rows<readonly [string]>(
    "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL') ORDER BY position",
    { table },
  );
  return rows.map(([name]) => `\`${name}\``).join(", ");
}

interface TableDescription {
  /** An expression of the day that a row belongs to. */
  readonly day: string;
  /** An expression of its 64-bit hash. */
  readonly hash: string;
  /** Rows of the same key become one when the engine merges, so they are counted as one. */
  readonly isReplacing: boolean;
}

async function describeTable(client: EngineClient, table: string): Promise<TableDescription> {
  const [[engine, key, partition] = ["", "", ""]] = await client.rows<readonly [string, string, string]>(
    "SELECT engine, sorting_key, partition_key FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
    { table },
  );
  const isReplacing = engine === "ReplacingMergeTree";
  const hashed = isReplacing ? key : await columnsOf(client, table);
  return { day: `toString(${partition})`, hash: `cityHash64(${hashed})`, isReplacing };
}

async function totalsOf(
  client: EngineClient,
  table: string,
  { day, hash, isReplacing }: TableDescription,
): Promise<Map<string, Totals>> {
  const rows = await client.rows<readonly [string, string, string]>(
    `SELECT day, toString(count()), toString(sum(hash)) FROM (
       SELECT ${isReplacing ? "DISTINCT " : ""}${day} AS day, ${hash} AS hash FROM ${table}
     ) GROUP BY day`,
  );
  return new Map(rows.map(([one, count, sum]) => [one, { rows: BigInt(count), checksum: BigInt(sum) }]));
}

/** Compares each day with what the server had before and should have now. */
async function verify(
  from: EngineClient,
  to: EngineClient,
  table: string,
  what: TableDescription,
  before: ReadonlyMap<string, Totals>,
): Promise<void> {
  const source = await totalsOf(from, frozen(table), what);
  const target = await totalsOf(to, table, what);
  for (const [day, { rows, checksum }] of source) {
    const had = before.get(day) ?? { rows: 0n, checksum: 0n };
    const has = target.get(day) ?? { rows: 0n, checksum: 0n };
    const isWhole =
      what.isReplacing && had.rows > 0n
        ? has.rows >= rows
        : has.rows === had.rows + rows && has.checksum === BigInt.asUintN(SUM_BITS, had.checksum + checksum);
    if (!isWhole) throw incomplete(table, day, has.rows - had.rows, rows);
  }
}

function incomplete(table: string, day: string, found: bigint, expected: bigint): ClewError {
  return new ClewError(
    "MOVE_INCOMPLETE",
    `of ${day} the server has ${found} rows more than before, expected ${expected}`,
    {
      path: table,
      remedy: "stop what else writes to that database, empty that day there, remove move-*.json here, and move again",
    },
  );
}

function alreadyMoved(path: string): ClewError {
  return new ClewError("MOVE_DONE", "what was here has been moved to that database already", {
    path,
    remedy: "remove that file to move all that is here once more, such as to a database that was emptied",
  });
}

function stopped(): ClewError {
  return new ClewError("MOVE_INCOMPLETE", "stopped before everything was moved", {
    remedy: "run the same command again: it goes on from there",
  });
}
