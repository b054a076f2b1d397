// The global of this name is a getter, which costs as much as the reading.
import { performance } from "node:perf_hooks";
import type { Clock } from "@clew/base";
import { systemClock } from "@clew/base";

/** The system's time may be set, or the machine may sleep; smaller differences than this are only jitter. */
const LARGEST_DRIFT_MS = 50;
const CHECK_INTERVAL_MS = 1_000;

/**
 * Wall-clock time with the resolution of the monotonic clock. It follows the monotonic
 * clock, and is set again when the two have come apart.
 */
export class WallClock implements Clock {
  #offsetMs = performance.timeOrigin;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  nowMs(): number {
    const monotonicMs = performance.now();
    if (monotonicMs - this.#checkedAtMs > CHECK_INTERVAL_MS) this.#check(monotonicMs);
    return this.#offsetMs + monotonicMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return systemClock.after(delayMs, task);
  }

  every(intervalMs: number, task: () => void): () => void {
    return systemClock.every(intervalMs, task);
  }

  #check(monotonicMs: number): void {
    this.#checkedAtMs = monotonicMs;
    const offsetMs = Date.now() - monotonicMs;
    if (Math.abs(offsetMs - this.#offsetMs) > LARGEST_DRIFT_MS) this.#offsetMs = offsetMs;
  }
}
