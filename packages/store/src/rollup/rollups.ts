/** Rolls up each day of metrics once it is over, and again when late samples have come. */
import { messageOf, type Clock } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import type { Partition } from "../retention/partitions.ts";
import type { Resolution } from "./resolutions.ts";
import { rollUpStatements, type RollupTask } from "./roll-up.ts";
import {
  dayAt,
  dayMsOf,
  finishRemoval,
  madeKey,
  noteMade,
  noteRemoval,
  RAW_TABLES,
  rollupDays,
  rowsByDay,
  type Day,
  type MadeRollup,
  type RollupDays,
} from "./rollup-days.ts";

const INTERVAL_MS = 300_000;
const DAY_MS = 86_400_000;
/** So long after a day's end most of what is late has come. */
const GRACE_MS = 2 * 3_600_000;
/** A day to which late samples come is rolled up no more often, but for once more before its raw samples go. */
const AGAIN_AFTER_MS = 6 * 3_600_000;

export interface RollupsSettings {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** Those that are made; none where nothing is rolled up. */
  readonly resolutions: readonly Resolution[];
  /**
   * Whether raw days are removed by this program. A server removes them part by part: there a day that it may have begun to
   * remove, as old as `rawAgeMs`, is not rolled up any more.
   */
  readonly isOwn: boolean;
  readonly rawAgeMs: number;
  /** Makes what was inserted safe from a power cut. */
  readonly sync: () => Promise<void>;
  /** Runs a task while no samples are inserted. */
  readonly whileNothingComes: <T>(task: () => Promise<T>) => Promise<T>;
}

export interface RollupHealth {
  /** Days of tables that were rolled up since the program began, by resolution. */
  readonly madeDays: Readonly<Record<string, number>>;
  /** Days of tables that are over and wait for it, as of the last run. */
  readonly waitingDays: number;
  /** Why the last run ended early; undefined where it did not. */
  readonly failure: string | undefined;
}

interface DueTask extends RollupTask {
  readonly day: Day;
}

export class Rollups {
  readonly #settings: RollupsSettings;
  readonly #madeDays = new Map<string, number>();
  #waitingDays = 0;
  #failure: string | undefined;
  #stopTimer: () => void = () => {};
  #running: Promise<void> | undefined;
  #isStopping = false;

  constructor(settings: RollupsSettings) {
    this.#settings = settings;
    for (const { name } of settings.resolutions) this.#madeDays.set(name, 0);
  }

  get health(): RollupHealth {
    return {
      madeDays: Object.fromEntries(this.#madeDays),
      waitingDays: this.#waitingDays,
      failure: this.#failure,
    };
  }

  start(): void {
    if (this.#settings.resolutions.length === 0) return;
    this.#stopTimer = this.#settings.clock.every(INTERVAL_MS, () => void this.apply());
    void this.apply();
  }

  /** Ends after the statement in hand; what is left is done by the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopTimer();
    await this.#running;
  }

  /** Rolls up what is due. Never rejects: what fails is reported and tried again at the next turn. */
  apply(): Promise<void> {
    this.#running ??= this.#apply()
      .then(() => (this.#failure = undefined))
      .catch((error: unknown) => {
        this.#failure = messageOf(error).split("\n", 1)[0];
        this.#settings.report(`Rolling up metrics failed: ${this.#failure}`);
      })
      .then(() => (this.#running = undefined));
    return this.#running;
  }

  /** Removes a raw day by `drop`, if all of it has been rolled up, and tells whether it did so. Every other partition goes at once. */
  async dropWhenRolledUp({ table, endMs }: Partition, drop: () => Promise<void>): Promise<boolean> {
    const { client, resolutions, whileNothingComes, sync } = this.#settings;
    if (resolutions.length === 0 || !RAW_TABLES.includes(table)) return drop().then(() => true);
    const day = dayAt(endMs - DAY_MS);
    const open = async (): Promise<DueTask[]> =>
      (await this.#due(0)).filter((task) => task.table === table && task.day === day);
    for (const task of await open()) await this.#rollUp(task);
    await sync();
    return whileNothingComes(async () => {
      if ((await open()).length > 0) return false;
      const life = { table, day, generation: lifeOf(await rollupDays(client), table, day) };
      await noteRemoval(client, life, "begun");
      await drop();
      await noteRemoval(client, life, "done");
      return true;
    });
  }

  async #apply(): Promise<void> {
    await this.#finishRemovals();
    const due = await this.#due(AGAIN_AFTER_MS);
    this.#waitingDays = due.length;
    for (const task of due) {
      if (this.#isStopping) return;
      await this.#rollUp(task);
      this.#waitingDays--;
    }
    if (due.length > 0) await this.#settings.sync();
  }

  async #finishRemovals(): Promise<void> {
    const { client, isOwn } = this.#settings;
    if (!isOwn) return;
    for (const removal of (await rollupDays(client)).removals)
      if (!removal.isDone) await finishRemoval(client, removal);
  }

  async #rollUp(task: DueTask): Promise<void> {
    const { client, clock } = this.#settings;
    const { resolution, rawRows } = task;
    for (const statement of rollUpStatements(task)) await client.command(statement);
    await noteMade(client, task, resolution, { rawRows, madeAtMs: clock.nowMs() });
    this.#madeDays.set(resolution.name, (this.#madeDays.get(resolution.name) ?? 0) + 1);
  }

  /** The oldest day first. */
  async #due(againAfterMs: number): Promise<DueTask[]> {
    const { client, clock, resolutions, isOwn, rawAgeMs } = this.#settings;
    const nowMs = clock.nowMs();
    const days = await rollupDays(client);
    const due: DueTask[] = [];
    for (const [table, rows] of await rowsByDay(client, RAW_TABLES)) {
      for (const day of withDaysBefore([...rows.keys()])) {
        const dayMs = dayMsOf(day);
        if (dayMs < 0 || dayMs + DAY_MS + GRACE_MS > nowMs || (!isOwn && dayMs + rawAgeMs <= nowMs)) continue;
        const rawRows = rows.get(day) ?? 0;
        const generation = lifeOf(days, table, day);
        for (const resolution of resolutions) {
          const before = days.made.get(madeKey(day, table, resolution)) ?? [];
          if (!isDue(before, { generation, rawRows, notAfterMs: nowMs - againAfterMs })) continue;
          const isLate = before.some((one) => one.generation !== generation);
          due.push({ table, day, dayMs, resolution, generation, rawRows, isLate });
        }
      }
    }
    return due.sort((a, b) => a.dayMs - b.dayMs);
  }
}

/** A day without raw rows was either rolled up in an earlier life, or has but the first millisecond of the next day. */
function isDue(
  before: readonly MadeRollup[],
  now: { readonly generation: number; readonly rawRows: number; readonly notAfterMs: number },
): boolean {
  if (now.rawRows === 0) return before.length === 0;
  const last = before.find(({ generation }) => generation === now.generation);
  return last === undefined || (last.rawRows < now.rawRows && last.madeAtMs <= now.notAfterMs);
}

function withDaysBefore(days: readonly Day[]): Set<Day> {
  return new Set(days.flatMap((day) => [dayAt(dayMsOf(day) - DAY_MS), day]));
}

function lifeOf({ removals }: RollupDays, table: string, day: Day): number {
  return (
    1 + Math.max(0, ...removals.filter((one) => one.table === table && one.day === day).map((one) => one.generation))
  );
}
