/** Which days of a window are read from rollups, and from which. */
import type { EngineClient } from "../engine/engine-client.ts";
import { RESOLUTIONS, type Resolution } from "../rollup/resolutions.ts";
import {
  ALL_ROLLUP_TABLES,
  dayMsOf,
  madeKey,
  RAW_TABLES,
  rollupDays,
  rowsByDay,
  type Day,
} from "../rollup/rollup-days.ts";
import { rollupTable } from "../schema/rollups.ts";
import type { MillisWindow } from "./millis-window.ts";

/** What will be done with points: with it, fewer may do. */
export interface PointUse {
  /** The function directly around the selector; "" for none. */
  readonly func: string;
  /** The range of a range selector; 0 for an instant one, which sees `lookbackMs`. */
  readonly rangeMs: number;
  readonly lookbackMs: number;
  /** The distance of evaluation times; 0 where there is but one. */
  readonly stepMs: number;
}

export interface RolledWindow extends MillisWindow {
  readonly resolution: Resolution;
}

export interface PointSources {
  readonly raw: readonly MillisWindow[];
  readonly rolled: readonly RolledWindow[];
}

const DAY_MS = 86_400_000;
/** What is known is asked for again when it is older. */
const KNOWN_FOR_MS = 5_000;
/** Where windows and rows do not begin together, a window should have so many rows that its ends hardly matter. */
const ROWS_A_WINDOW = 5;
/** Functions over ranges that rollups of numbers answer as raw samples do; of the others they are but a part of the samples. */
const OF_NUMBERS = new Set(
  "rate increase delta avg_over_time min_over_time max_over_time sum_over_time count_over_time first_over_time last_over_time present_over_time absent_over_time".split(
    " ",
  ),
);
const OF_POINTS = new Set(
  "rate increase delta first_over_time last_over_time present_over_time absent_over_time".split(" "),
);

interface RolledDay {
  readonly dayMs: number;
  /** Those that are there, the finest first. */
  readonly resolutions: readonly Resolution[];
  /** Whether raw samples are needed, may be used, or are gone. */
  readonly raw: "newer" | "there" | "gone";
}

export class RollupPlan {
  readonly #client: EngineClient;
  #known: Promise<ReadonlyMap<string, readonly RolledDay[]>> | undefined;
  #knownAt = 0;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** What to read of a raw table's window `startMs < time <= endMs`. Windows don't overlap. */
  async sources(table: string, window: MillisWindow, use: PointUse | undefined): Promise<PointSources> {
    const days = (await this.#days()).get(table) ?? [];
    const rolled: RolledWindow[] = [];
    for (const day of days) {
      const startMs = Math.max(day.dayMs, window.startMs);
      const endMs = Math.min(day.dayMs + DAY_MS, window.endMs);
      const resolution = startMs < endMs ? resolutionFor(day, table, window, use) : undefined;
      if (resolution === undefined) continue;
      const last = rolled.at(-1);
      if (last?.endMs === startMs && last.resolution === resolution) rolled[rolled.length - 1] = { ...last, endMs };
      else rolled.push({ resolution, startMs, endMs });
    }
    return { rolled, raw: between(rolled, window) };
  }

  /** Whether no day of a window was rolled up, of any table. */
  async isRaw({ startMs, endMs }: MillisWindow): Promise<boolean> {
    const days = [...(await this.#days()).values()].flat();
    return days.every(({ dayMs }) => dayMs + DAY_MS <= startMs || dayMs > endMs);
  }

  #days(): Promise<ReadonlyMap<string, readonly RolledDay[]>> {
    const nowMs = performance.now();
    if (this.#known === undefined || nowMs - this.#knownAt > KNOWN_FOR_MS) {
      this.#knownAt = nowMs;
      const asked = rolledDays(this.#client);
      this.#known = asked;
      asked.catch(() => (this.#known = undefined));
    }
    return this.#known;
  }
}

// raw table --> its days that have been rolled up, by time
async function rolledDays(client: EngineClient): Promise<ReadonlyMap<string, readonly RolledDay[]>> {
  const { made, removals } = await rollupDays(client);
  if (made.size === 0) return new Map();
  const rows = await rowsByDay(client, [...RAW_TABLES, ...ALL_ROLLUP_TABLES]);
  const days = [...new Set([...made.keys()].map((key) => key.split(" ", 1)[0]!))].sort();
  return new Map(RAW_TABLES.map((table) => [table, days.flatMap((day) => rolledDay(table, day))]));

  function rolledDay(table: string, day: Day): RolledDay[] {
    const rolledUp = RESOLUTIONS.flatMap((resolution) => {
      const lives = made.get(madeKey(day, table, resolution));
      const isThere = rows.get(rollupTable(table, resolution.name))?.has(day) === true;
      return lives === undefined || !isThere
        ? []
        : [{ resolution, rawRows: lives.reduce((sum, { rawRows }) => sum + rawRows, 0) }];
    });
    if (rolledUp.length === 0) return [];
    const has = rows.get(table)?.get(day) ?? 0;
    const had = Math.max(...rolledUp.map(({ rawRows }) => rawRows));
    const isRemoved = removals.some((one) => one.table === table && one.day === day);
    const raw = isRemoved || has < had ? "gone" : has === had ? "there" : "newer";
    return [{ dayMs: dayMsOf(day), resolutions: rolledUp.map(({ resolution }) => resolution), raw }];
  }
}

/** The coarsest that will do; where there are no raw samples any more, the finest that there is. */
function resolutionFor(
  { resolutions, raw }: RolledDay,
  table: string,
  window: MillisWindow,
  use: PointUse | undefined,
): Resolution | undefined {
  if (raw === "newer") return undefined;
  const enough = use && resolutions.findLast((resolution) => isEnough(resolution, table, window, use));
  return enough ?? (raw === "gone" ? resolutions[0] : undefined);
}

/** Where all windows begin and end with rows, the rows answer as the samples do. */
function isEnough({ seconds }: Resolution, table: string, { endMs }: MillisWindow, use: PointUse): boolean {
  const { rangeMs, stepMs, func } = use;
  const exact = table === "metric_samples" ? OF_NUMBERS : OF_POINTS;
  if (rangeMs > 0 && !exact.has(func)) return false;
  const widthMs = seconds * 1_000;
  const isAligned = [endMs, stepMs, rangeMs].every((one) => one % widthMs === 0);
  return (rangeMs > 0 ? rangeMs : stepMs) >= widthMs * (isAligned ? 1 : ROWS_A_WINDOW);
}

function between(rolled: readonly MillisWindow[], { startMs, endMs }: MillisWindow): MillisWindow[] {
  const starts = [startMs, ...rolled.map((one) => one.endMs)];
  const ends = [...rolled.map((one) => one.startMs), endMs];
  return starts.map((start, i) => ({ startMs: start, endMs: ends[i]! })).filter((one) => one.startMs < one.endMs);
}
