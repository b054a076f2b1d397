/** Lets a number of things pass each second, and as many at once as the bucket holds. It begins full. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #atMs: number | undefined;

  constructor(perSecond: number, capacity: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#tokens = capacity;
  }

  /** Takes `count`, or none where there are not so many. */
  take(count: number, nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs));
    const tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs / 1_000) * this.#perSecond);
    if (count > tokens) return false;
    this.#tokens = tokens - count;
    this.#atMs = nowMs;
    return true;
  }
}
