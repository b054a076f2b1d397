/** Rolls up each day of metrics once it is over, and again when late samples have come. */
import { messageOf, Turnstile, type Clock } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import type { Partition } from "../retention/partitions.ts";
import type { Resolution } from "./resolutions.ts";
import { rollUpStatements, type RollupTask } from "./roll-up.ts";
import {
  dayAt,
  dayMsOf,
  madeKey,
  noteMade,
  noteRemoval,
  RAW_TABLES,
  removeRawDay,
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
  /** Whether what was inserted stays, whatever happens: a crash takes back what was half inserted, and it is inserted again. */
  readonly isSettled: () => boolean;
  /** How often something may have been taken back. */
  readonly takenBack: () => number;
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
  /** A life of a day must not end while its rows are read. */
  readonly #turns = new Turnstile(1);
  /** A crash may have come in the middle of a removal, of this program or one before it. */
  #mayBeUnfinished: boolean;

  constructor(settings: RollupsSettings) {
    this.#settings = settings;
    this.#mayBeUnfinished = this.#removesDays;
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

  /** Removes a raw day, if all of it has been rolled up, and tells whether it did so. Every other partition goes at once, by `drop`. */
  async dropWhenRolledUp({ table, endMs }: Partition, drop: () => Promise<void>): Promise<boolean> {
    const { client, resolutions, whileNothingComes, isSettled } = this.#settings;
    if (resolutions.length === 0 || !RAW_TABLES.includes(table)) return drop().then(() => true);
    const day = dayAt(endMs - DAY_MS);
    const open = async (): Promise<DueTask[]> =>
      (await this.#due(0)).filter((task) => task.table === table && task.day === day);
    for (const task of await this.inTurn(open)) await this.inTurn(() => this.#rollUp(task, 0));
    return this.inTurn(() =>
      whileNothingComes(async () => {
        // What was taken back has been rolled up, perhaps: if it came again only afterwards, it would be in a second life too.
        if (!isSettled() || (await open()).length > 0) return false;
        const generation = lifeOf(await rollupDays(client), table, day);
        this.#mayBeUnfinished = true;
        await noteRemoval(client, { table, day, generation }, "begun");
        await this.finishRemovals();
        return true;
      }),
    );
  }

  /**
   * Removes the days whose removal has begun. To be called before samples are inserted, while nothing else is: of what comes behind
   * the beginning nobody could tell any more to which life it belongs. Costs nothing where no crash came between.
   */
  async finishRemovals(): Promise<void> {
    if (!this.#mayBeUnfinished) return;
    const { client, sync } = this.#settings;
    // Each step is on disk before the next: rows that came back after a power cut would be late ones.
    await sync();
    for (const removal of (await rollupDays(client)).removals) {
      if (removal.isDone) continue;
      await removeRawDay(client, removal);
      await sync();
      await noteRemoval(client, removal, "done");
    }
    this.#mayBeUnfinished = false;
  }

  /** To be called when tables were replaced by those of a backup, which may have been made in the middle of a removal. */
  replaced(): void {
    this.#mayBeUnfinished = this.#removesDays;
  }

  get #removesDays(): boolean {
    return this.#settings.isOwn && this.#settings.resolutions.length > 0;
  }

  /** Runs `work` while no day is rolled up or removed. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      if (this.#mayBeUnfinished) await this.#settings.whileNothingComes(() => this.finishRemovals());
      return work();
    });
  }

  async #apply(): Promise<void> {
    const due = await this.inTurn(() => this.#due(AGAIN_AFTER_MS));
    this.#waitingDays = due.length;
    for (const task of due) {
      if (this.#isStopping) return;
      await this.inTurn(() => this.#rollUp(task, AGAIN_AFTER_MS));
      this.#waitingDays--;
    }
  }

  async #rollUp({ day, table, resolution: { name } }: DueTask, againAfterMs: number): Promise<void> {
    const { client, clock, sync, takenBack } = this.#settings;
    const takenBackBefore = takenBack();
    // As it is now: the day may have begun another life.
    const due = await this.#due(againAfterMs);
    const task = due.find((one) => one.day === day && one.table === table && one.resolution.name === name);
    if (task === undefined) return;
    for (const statement of rollUpStatements(task)) await client.command(statement);
    // Rows that were counted, and then not there to be read, come again, and are not to pass for rolled up.
    if (takenBack() !== takenBackBefore) throw new Error("the engine was started again meanwhile");
    await sync();
    await noteMade(client, task, task.resolution, { rawRows: task.rawRows, madeAtMs: clock.nowMs() });
    this.#madeDays.set(name, (this.#madeDays.get(name) ?? 0) + 1);
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
