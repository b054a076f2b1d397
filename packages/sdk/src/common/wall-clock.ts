// Imported, as the global of its name is a getter. `performance.now` would cost half as much again, with what it checks.
import { hrtime } from "node:process";
import type { HrTime } from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import { systemClock } from "@clew/base";
import { hrTimeOf } from "./hr-time.ts";

/** The system's time may be set, or the machine may sleep; smaller differences than this are only jitter. */
const LARGEST_DRIFT_MS = 50;
const NANOS = 1_000_000_000;

/** Where the time is read many times a second: no object is made of it. */
export interface TimeReader {
  /** Whole seconds since the epoch, when it was read last. */
  readonly seconds: number;
  /** And nanoseconds. */
  readonly nanos: number;
  read(): void;
}

/**
 * Wall-clock time with the resolution of the monotonic clock. It follows the monotonic
 * clock, and is set again when the two have come apart.
 */
export class WallClock implements Clock, TimeReader {
  seconds = 0;
  nanos = 0;
  // What is added to the monotonic clock; 0 <= nanoseconds < 10^9.
  #addedSeconds = 0;
  #addedNanos = 0;
  // Of the monotonic clock: once in each of its seconds is enough.
  #checkedAtSecond = -1;

  constructor() {
    this.#follow(performance.timeOrigin + performance.now(), hrtime());
  }

  read(): void {
    const monotonic = hrtime();
    if (monotonic[0] !== this.#checkedAtSecond) this.#check(monotonic);
    const nanos = monotonic[1] + this.#addedNanos;
    const carry = nanos < NANOS ? 0 : 1;
    // As 32 bits, which need no memory of their own.
    this.seconds = (monotonic[0] + this.#addedSeconds + carry) >>> 0;
    this.nanos = (nanos - carry * NANOS) | 0;
  }

  nowMs(): number {
    this.read();
    return this.seconds * 1_000 + this.nanos / 1e6;
  }

  after(delayMs: number, task: () => void): () => void {
    return systemClock.after(delayMs, task);
  }

  every(intervalMs: number, task: () => void): () => void {
    return systemClock.every(intervalMs, task);
  }

  #check(monotonic: HrTime): void {
    this.#checkedAtSecond = monotonic[0];
    const wallMs = Date.now();
    const ownMs = (monotonic[0] + this.#addedSeconds) * 1_000 + (monotonic[1] + this.#addedNanos) / 1e6;
    if (Math.abs(wallMs - ownMs) > LARGEST_DRIFT_MS) this.#follow(wallMs, monotonic);
  }

  /** It is `epochMs` where the monotonic clock shows `monotonic`. */
  #follow(epochMs: number, monotonic: HrTime): void {
    const seconds = Math.floor(epochMs / 1_000);
    const nanos = Math.round((epochMs - seconds * 1_000) * 1e6) - monotonic[1];
    this.#addedSeconds = seconds - monotonic[0] - (nanos < 0 ? 1 : 0);
    this.#addedNanos = nanos < 0 ? nanos + NANOS : nanos;
  }
}

/** `clock` itself, but in tests. */
export function timeReaderOf(clock: Clock): TimeReader {
  return clock instanceof WallClock ? clock : new MillisecondReader(clock);
}

class MillisecondReader implements TimeReader {
  seconds = 0;
  nanos = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(): void {
    [this.seconds, this.nanos] = hrTimeOf(this.#clock.nowMs());
  }
}
