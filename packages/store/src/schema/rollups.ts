/**
 * Rollups: what stands for all samples of a series in a window of five minutes or an hour, which is left-open like PromQL's
 * ranges: (start, end] (docs/adr/0021-rollups.md). A day that is rolled up again only adds rows, of which the one that was made of more
 * samples holds: nothing is replaced in two steps that a crash could come between, and several programs may do it at once.
 */
import { RESOLUTIONS, type Resolution } from "../rollup/resolutions.ts";
import { POINT_TABLES } from "./metrics.ts";
import { POINT_TABLE_SETTINGS, TABLE_SETTINGS } from "./settings.ts";

/** Bits of `Edges`: where an extreme is the first or the last value, it does not stand twice. */
export const EDGES = { min: 1, max: 2 } as const;

/**
 * `Generation` tells lives of a raw day apart: after its removal late samples begin another, whose rows are beside the older.
 * `FirstMs`, `LastMs` and `EndedMs` are counted from `WindowStart`; `EndedMs` is not 0 where the series ended in the window.
 * `Dropped` is the sum of the values before resets, so that the counter grew by `Last - First + Dropped`.
 */
function samplesRollup({ name }: Resolution): string {
  return `
CREATE TABLE IF NOT EXISTS ${rollupTable("metric_samples", name)} (
  Locality UInt64 CODEC(ZSTD(1)),
  Fingerprint UInt64 CODEC(ZSTD(1)),
  WindowStart DateTime CODEC(Delta, ZSTD(1)),
  Generation UInt32 CODEC(ZSTD(1)),
  Count UInt32 CODEC(ZSTD(1)),
  FirstMs UInt32 CODEC(ZSTD(1)),
  First Float64 CODEC(Delta, ZSTD(1)),
  LastMs UInt32 CODEC(ZSTD(1)),
  Last Float64 CODEC(Delta, ZSTD(1)),
  Edges UInt8 CODEC(ZSTD(1)),
  OtherMin Float64 CODEC(Delta, ZSTD(1)),
  OtherMax Float64 CODEC(Delta, ZSTD(1)),
  Min Float64 ALIAS if(bitAnd(Edges, ${EDGES.min}) != 0, least(First, Last), OtherMin),
  Max Float64 ALIAS if(bitAnd(Edges, ${EDGES.max}) != 0, greatest(First, Last), OtherMax),
  Sum Float64 CODEC(Delta, ZSTD(1)),
  Dropped Float64 CODEC(ZSTD(1)),
  Resets UInt32 CODEC(ZSTD(1)),
  FirstStartTimestamp DateTime64(3) CODEC(ZSTD(1)),
  LastStartTimestamp DateTime64(3) CODEC(ZSTD(1)),
  EndedMs UInt32 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(Count)
PARTITION BY toDate(WindowStart)
ORDER BY (Locality, Fingerprint, WindowStart, Generation)
${POINT_TABLE_SETTINGS}`;
}

/** Histograms and summaries: points as they were sent, but fewer. What several deltas were added up to says of how many, in `Version`. */
function pointsRollup(table: string, columns: readonly string[], { name }: Resolution): string {
  return `
CREATE TABLE IF NOT EXISTS ${rollupTable(table, name)} (${[...columns, "Generation UInt32 CODEC(ZSTD(1))", "Version UInt64 CODEC(ZSTD(1))"].map((column) => `\n  ${column.trim()}`).join(",")}
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY toDate(Timestamp)
ORDER BY (Locality, Fingerprint, Timestamp, Generation)
${POINT_TABLE_SETTINGS}`;
}

/**
 * Which days have been rolled up, and of how many raw rows: written behind the rows, so that half a day does not pass for one. And, with no
 * resolution, which raw days were removed afterwards: `Removal` is 1 before and 2 behind that.
 */
const ROLLUP_DAYS_TABLE = `
CREATE TABLE IF NOT EXISTS metric_rollup_days (
  Day Date,
  RawTable LowCardinality(String),
  ResolutionSeconds UInt32,
  Generation UInt32,
  RawRows UInt64,
  MadeAt DateTime64(3, 'UTC'),
  Removal UInt8
)
ENGINE = ReplacingMergeTree(MadeAt)
PARTITION BY toYYYYMM(Day)
ORDER BY (Day, RawTable, ResolutionSeconds, Generation, Removal)
${TABLE_SETTINGS}`;

export function rollupTable(raw: string, resolution: Resolution["name"]): string {
  return `${raw}_${resolution}`;
}

/** The resolution of a table of rollups; undefined for every other table. */
export function resolutionOfTable(table: string): Resolution | undefined {
  return RESOLUTIONS.find(({ name }) => table.endsWith(`_${name}`));
}

export const ROLLUP_TABLES: readonly string[] = [
  ...RESOLUTIONS.flatMap((resolution) =>
    Object.entries(POINT_TABLES).map(([table, columns]) =>
      table === "metric_samples" ? samplesRollup(resolution) : pointsRollup(table, columns, resolution),
    ),
  ),
  ROLLUP_DAYS_TABLE,
];
