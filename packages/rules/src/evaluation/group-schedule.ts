/** Evaluates a group at its own moments: once an interval, at an offset that its name decides. */
import { createHash } from "node:crypto";
import { type Clock, sleep } from "@clew/base";
import type { RuleGroup } from "./rule-group.ts";

/** Timers cannot be set for longer at once. */
const MAX_SLEEP_MS = 86_400_000;

/** The last of a group's moments that is not after `nowMs`. */
export function evaluationTime(group: Pick<RuleGroup, "key" | "intervalMs">, nowMs: number): number {
  const hash = createHash("sha256").update(group.key).digest().readUIntBE(0, 6);
  const offsetMs = hash % group.intervalMs;
  return Math.floor((nowMs - offsetMs) / group.intervalMs) * group.intervalMs + offsetMs;
}

export class GroupSchedule {
  readonly group: RuleGroup;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(group: RuleGroup, clock: Clock) {
    this.group = group;
    this.#clock = clock;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.group.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { group } = this;
    let timeMs = evaluationTime(group, this.#clock.nowMs());
    for (let iteration = 1; ; iteration++) {
      timeMs = await this.#next(timeMs);
      if (this.#stop.signal.aborted) return;
      await group.evaluate(timeMs);
      // By the second evaluation there is data again, and recording rules have written.
      if (iteration === 2 && group.shouldRestore) await group.restore(this.#clock.nowMs());
    }
  }

  /** Waits for the moment after `lastMs`. Those that are over already are passed over, and counted. */
  async #next(lastMs: number): Promise<number> {
    const { counts, intervalMs } = this.group;
    const dueMs = lastMs + intervalMs;
    for (;;) {
      const nowMs = this.#clock.nowMs();
      // The clock was set back.
      if (dueMs - nowMs > intervalMs) return this.#next(evaluationTime(this.group, nowMs));
      if (nowMs >= dueMs || this.#stop.signal.aborted) {
        const missed = Math.max(0, Math.floor((nowMs - lastMs) / intervalMs) - 1);
        counts.missedIterations += missed;
        counts.iterations += missed;
        return dueMs + missed * intervalMs;
      }
      await sleep(this.#clock, Math.min(Math.ceil(dueMs - nowMs), MAX_SLEEP_MS), this.#stop.signal);
    }
  }
}
