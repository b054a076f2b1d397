/** Removes what is older than it may be, and the oldest where there is more than the disk may hold. */
import { statfs } from "node:fs/promises";
import { messageOf, type Clock } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import { resolutionOfTable } from "../schema/rollups.ts";
import { dropPartition, partitionsOf, type Partition } from "./partitions.ts";
import type { RollupAges } from "../rollup/resolutions.ts";
import type { RetentionAges, RetentionRule } from "./retention-settings.ts";
import { applyRules } from "./retention-rules.ts";
import { ageOfTable } from "./table-ages.ts";

const INTERVAL_MS = 60_000;
/** The wall clock may gain so much on the time that passed between two runs; more is a clock that was set. */
const MAX_CLOCK_JUMP_MS = 600_000;
/** After a jump nothing is removed for so long, that somebody may set the clock right. */
const JUMP_PAUSE_MS = 3_600_000;
/** Less room than this on the file system is told. */
const LITTLE_ROOM_BYTES = 1_073_741_824;

export interface RetentionSettings {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** Where the data is. */
  readonly directory: string;
  readonly ages: RetentionAges;
  readonly rollupAges: RollupAges;
  /** Runs `drop`, which removes a partition that is old enough, unless that has to wait; and tells whether it did so. */
  readonly dropByAge: (partition: Partition, drop: () => Promise<void>) => Promise<boolean>;
  readonly rules: readonly RetentionRule[];
  /** What all that is stored may take; undefined for as much as there is. */
  readonly maxDiskBytes: number | undefined;
  /** What waits to be stored, which counts as well. */
  readonly spoolBytes: () => number;
}

export interface DiskHealth {
  readonly usedBytes: number;
  readonly maxBytes: number | undefined;
  readonly freeBytes: number;
  /** Partitions that were removed when they were as old as they may be, since the program began. */
  readonly droppedByAge: number;
  /** Partitions that were removed before their time, to stay below `maxBytes`. */
  readonly droppedForRoom: number;
  /** Whether nothing is left to remove, so that writes are refused. */
  readonly isFull: boolean;
  /** What somebody should do something about. */
  readonly warning: string | undefined;
}

export class Retention {
  readonly #settings: RetentionSettings;
  #stopTimer: () => void = () => {};
  #running: Promise<void> | undefined;
  #last: { readonly wallMs: number; readonly passedMs: number } | undefined;
  #pausedUntilMs = 0;
  #disk: DiskHealth;

  constructor(settings: RetentionSettings) {
    this.#settings = settings;
    const { maxDiskBytes } = settings;
    this.#disk = {
      usedBytes: 0,
      maxBytes: maxDiskBytes,
      freeBytes: 0,
      droppedByAge: 0,
      droppedForRoom: 0,
      isFull: false,
      warning: undefined,
    };
  }

  get disk(): DiskHealth {
    return this.#disk;
  }

  start(): void {
    this.#stopTimer = this.#settings.clock.every(INTERVAL_MS, () => void this.apply());
    void this.apply();
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    await this.#running;
  }

  /** Does what is due now. Never rejects: what fails is reported and tried again at the next turn. */
  apply(): Promise<void> {
    this.#running ??= this.#apply()
      .catch((error: unknown) => this.#settings.report(`Retention failed: ${messageOf(error)}`))
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #apply(): Promise<void> {
    const { client, clock, ages, rollupAges, rules, report, dropByAge } = this.#settings;
    let partitions = await partitionsOf(client);
    if (this.#removesByAge && !this.#clockJumped(partitions)) {
      const nowMs = clock.nowMs();
      const dropped = new Set<Partition>();
      for (const partition of partitions) {
        if (partition.endMs > nowMs - ageOfTable(partition.table, ages, rollupAges)) continue;
        if (!(await dropByAge(partition, () => dropPartition(client, partition)))) continue;
        dropped.add(partition);
        this.#disk = { ...this.#disk, droppedByAge: this.#disk.droppedByAge + 1 };
      }
      partitions = partitions.filter((partition) => !dropped.has(partition));
      await applyRules(client, rules, nowMs, report);
    }
    await this.#makeRoom(partitions);
  }

  get #removesByAge(): boolean {
    const { ages, rollupAges, rules } = this.#settings;
    return [ages, rollupAges, rules].some((one) => Object.keys(one).length > 0);
  }

  /**
   * A clock that was set forward makes everything look old. Before the first run nobody watched it: there, what is stored
   * tells when it was last right.
   */
  #clockJumped(partitions: readonly Partition[]): boolean {
    const { clock, report } = this.#settings;
    const now = { wallMs: clock.nowMs(), passedMs: performance.now() };
    const last = this.#last ?? { wallMs: newestOf(partitions) ?? now.wallMs, passedMs: now.passedMs };
    this.#last = now;
    const jumpMs = now.wallMs - last.wallMs - (now.passedMs - last.passedMs);
    if (jumpMs > MAX_CLOCK_JUMP_MS) {
      this.#pausedUntilMs = now.passedMs + JUMP_PAUSE_MS;
      report(`The clock went forward by ${Math.round(jumpMs / 1_000)} s: nothing is removed by age for an hour.`);
    }
    return now.passedMs < this.#pausedUntilMs;
  }

  async #makeRoom(partitions: readonly Partition[]): Promise<void> {
    const { client, maxDiskBytes, directory, report } = this.#settings;
    let left = [...partitions];
    let { droppedForRoom } = this.#disk;
    for (;;) {
      const usedBytes = this.#settings.spoolBytes() + left.reduce((sum, { bytes }) => sum + bytes, 0);
      const victims = maxDiskBytes === undefined || usedBytes <= maxDiskBytes ? undefined : oldestOfLargest(left);
      const isFull = maxDiskBytes !== undefined && usedBytes > maxDiskBytes && victims === undefined;
      const freeBytes = await roomOf(directory);
      const warning = warningOf({ isFull, freeBytes, droppedForRoom, maxBytes: maxDiskBytes });
      const { droppedByAge } = this.#disk;
      this.#disk = { usedBytes, maxBytes: maxDiskBytes, freeBytes, droppedByAge, droppedForRoom, isFull, warning };
      if (victims === undefined) return;
      for (const partition of victims) await dropPartition(client, partition);
      droppedForRoom += victims.length;
      report(`Removed the ${victims[0]?.signal} of ${dayOf(victims)}: --max-disk allows no more.`);
      left = left.filter((partition) => !victims.includes(partition));
    }
  }
}

/** The end of the newest day that is stored. */
function newestOf(partitions: readonly Partition[]): number | undefined {
  const ends = partitions.filter(({ isDay }) => isDay).map(({ endMs }) => endMs);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** The first day of the signal that takes most, with all its tables; rollups count as signals of their own. The newest day is never given up. */
function oldestOfLargest(partitions: readonly Partition[]): Partition[] | undefined {
  const bySignal = new Map<string, Partition[]>();
  for (const partition of partitions) {
    const kind = resolutionOfTable(partition.table)?.name ?? partition.signal;
    const list = bySignal.get(kind);
    if (list === undefined) bySignal.set(kind, [partition]);
    else list.push(partition);
  }
  const bytesOf = (list: readonly Partition[]): number => list.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const list of [...bySignal.values()].sort((a, b) => bytesOf(b) - bytesOf(a))) {
    const ends = list.filter(({ isDay }) => isDay).map(({ endMs }) => endMs);
    const oldest = Math.min(...ends);
    if (oldest < Math.max(...ends)) return list.filter(({ endMs }) => endMs <= oldest);
  }
  return undefined;
}

function dayOf(partitions: readonly Partition[]): string {
  const endMs = Math.max(...partitions.map((one) => one.endMs));
  return new Date(endMs - 1).toISOString().slice(0, 10);
}

async function roomOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function warningOf(disk: Omit<DiskHealth, "warning" | "usedBytes" | "droppedByAge">): string | undefined {
  if (disk.isFull)
    return `--max-disk ${disk.maxBytes} is used up by a single day of each signal: what arrives is refused`;
  if (disk.freeBytes < LITTLE_ROOM_BYTES) return `the disk has ${Math.round(disk.freeBytes / 1_048_576)} MiB left`;
  if (disk.droppedForRoom > 0) return `${disk.droppedForRoom} partitions were removed to stay below --max-disk`;
  return undefined;
}
