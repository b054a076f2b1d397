/** How often something may happen: `burst` times at once, and then `perSecond`. */
export class Allowance {
  readonly #burst: number;
  readonly #perMs: number;
  #left: number;
  #sinceMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1_000;
    this.#left = burst;
    this.#sinceMs = nowMs;
  }

  /** Earns `count` more, up to the burst. */
  give(count: number): void {
    this.#left = Math.min(this.#burst, this.#left + count);
  }

  /** False when it happened too often. */
  take(nowMs: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#sinceMs) * this.#perMs);
    this.#sinceMs = nowMs;
    return --this.#left >= 0;
  }
}
