/** What is known of days of metrics: which raw rows there are, and of which rollups were made. */
import type { EngineClient } from "../engine/engine-client.ts";
import { POINT_TABLES } from "../schema/metrics.ts";
import { RESOLUTIONS, type Resolution } from "./resolutions.ts";
import { rollupTable } from "../schema/rollups.ts";

export const RAW_TABLES: readonly string[] = Object.keys(POINT_TABLES);

/** What one day of a raw table was rolled up to, in one life of the day. */
export interface MadeRollup {
  readonly generation: number;
  readonly rawRows: number;
  readonly madeAtMs: number;
}

/** `2026-11-27`, in UTC. */
export type Day = string;

/** The end of a life of a raw day. What comes afterwards begins the next. */
export interface Removal {
  readonly table: string;
  readonly day: Day;
  readonly generation: number;
  /** Not, where a crash came before the day was gone. */
  readonly isDone: boolean;
}

export interface RollupDays {
  // `DAY TABLE SECONDS` --> what was made, one for each life
  readonly made: ReadonlyMap<string, readonly MadeRollup[]>;
  readonly removals: readonly Removal[];
}

export function madeKey(day: Day, table: string, { seconds }: { readonly seconds: number }): string {
  return `${day} ${table} ${seconds}`;
}

/** In the place of a resolution where the row is about the removal of the raw day. */
const NO_RESOLUTION = { seconds: 0 };
const REMOVAL = { begun: 1, done: 2 } as const;

export async function rollupDays(client: EngineClient): Promise<RollupDays> {
  const rows = await client.rows<readonly [string, string, number, number, string, string, number]>(
    `SELECT toString(Day), RawTable, ResolutionSeconds, Generation, argMax(RawRows, MadeAt), toUnixTimestamp64Milli(max(MadeAt)), max(Removal)
     FROM metric_rollup_days GROUP BY Day, RawTable, ResolutionSeconds, Generation`,
  );
  const made = new Map<string, MadeRollup[]>();
  const removals: Removal[] = [];
  for (const [day, table, seconds, generation, rawRows, madeAt, removal] of rows) {
    if (removal !== 0) {
      removals.push({ table, day, generation, isDone: removal === REMOVAL.done });
      continue;
    }
    const key = madeKey(day, table, { seconds });
    const list = made.get(key) ?? [];
    made.set(key, list);
    list.push({ generation, rawRows: Number(rawRows), madeAtMs: Number(madeAt) });
  }
  return { made, removals };
}

interface Life {
  readonly day: Day;
  readonly table: string;
  readonly generation: number;
}

/** To be called when the rows are there. */
export function noteMade(
  client: EngineClient,
  { day, table, generation }: Life,
  { seconds }: Resolution,
  { rawRows, madeAtMs }: Omit<MadeRollup, "generation">,
): Promise<void> {
  return client.command(
    `INSERT INTO metric_rollup_days (Day, RawTable, ResolutionSeconds, Generation, RawRows, MadeAt)
     VALUES ('${day}', '${table}', ${seconds}, ${generation}, ${rawRows}, fromUnixTimestamp64Milli(toInt64(${Math.floor(madeAtMs)})))`,
  );
}

/** To be called before the raw day is removed, and afterwards. */
export function noteRemoval(
  client: EngineClient,
  { day, table, generation }: Life,
  state: keyof typeof REMOVAL,
): Promise<void> {
  return client.command(
    `INSERT INTO metric_rollup_days (Day, RawTable, ResolutionSeconds, Generation, MadeAt, Removal)
     VALUES ('${day}', '${table}', ${NO_RESOLUTION.seconds}, ${generation}, now64(3), ${REMOVAL[state]})`,
  );
}

export function removeRawDay(client: EngineClient, { table, day }: Life): Promise<void> {
  return client.command(`ALTER TABLE ${table} DROP PARTITION '${day}'`);
}

// table --> day --> how many rows
export type RowsByDay = ReadonlyMap<string, ReadonlyMap<Day, number>>;

/** The engine knows these numbers without reading a row. */
export async function rowsByDay(client: EngineClient, tables: readonly string[]): Promise<RowsByDay> {
  const query = tables
    .map((table) => `SELECT '${table}' AS name, toString(${dayOf(table)}) AS day, count() FROM ${table} GROUP BY day`)
    .join(" UNION ALL ");
  const rows = await client.rows<readonly [string, string, string]>(query);
  const found = new Map<string, Map<Day, number>>(tables.map((table) => [table, new Map()]));
  for (const [table, day, count] of rows) found.get(table)?.set(day, Number(count));
  return found;
}

export const ALL_ROLLUP_TABLES: readonly string[] = RESOLUTIONS.flatMap(({ name }) =>
  RAW_TABLES.map((table) => rollupTable(table, name)),
);

function dayOf(table: string): string {
  return table.startsWith("metric_samples_") ? "toDate(WindowStart)" : "toDate(Timestamp)";
}

export function dayMsOf(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`);
}

export function dayAt(timeMs: number): Day {
  return new Date(timeMs).toISOString().slice(0, 10);
}
