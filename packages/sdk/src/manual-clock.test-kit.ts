import type { Clock } from "@clew/base";

interface Timer {
  dueMs: number;
  readonly intervalMs: number | undefined;
  readonly task: () => void;
}

/** A clock that stands still until a test moves it. Starts at 2026-01-02T03:04:05Z. */
export class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#add({ dueMs: this.#nowMs + delayMs, intervalMs: undefined, task });
  }

  every(intervalMs: number, task: () => void): () => void {
    return this.#add({ dueMs: this.#nowMs + intervalMs, intervalMs, task });
  }

  /** Moves on, running what falls due in order, and lets promises settle after each. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await settled();
    for (;;) {
      const next = [...this.#timers].sort((left, right) => left.dueMs - right.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = next.dueMs;
      if (next.intervalMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.intervalMs;
      next.task();
      await settled();
    }
    this.#nowMs = endMs;
    await settled();
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

/** Resolves after the promises that are ready now have run their course. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
