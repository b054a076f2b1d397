export interface Clock {
  /** Milliseconds. */
  now(): number;
}

/** Tells the time of one clock at the moment of making, and goes on with another, which never jumps. */
export class AnchoredClock implements Clock {
  readonly #monotonicClock: Clock;
  readonly #offsetMs: number;

  constructor(systemClock: Clock, monotonicClock: Clock) {
    this.#monotonicClock = monotonicClock;
    this.#offsetMs = systemClock.now() - monotonicClock.now();
  }

  now(): number {
    return this.#offsetMs + this.#monotonicClock.now();
  }
}
