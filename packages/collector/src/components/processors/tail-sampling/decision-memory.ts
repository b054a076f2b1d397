export interface Remembered {
  readonly isSampled: boolean;
  readonly decidedMs: number;
}

/** What was decided about traces, the most recently asked for of each kind. */
export class DecisionMemory {
  // trace id --> when it was decided, the least recently used first
  readonly #sampled = new Map<string, number>();
  readonly #notSampled = new Map<string, number>();
  readonly #sizes: Readonly<Record<"sampled" | "notSampled", number>>;

  constructor(sizes: Readonly<Record<"sampled" | "notSampled", number>>) {
    this.#sizes = sizes;
  }

  remember(id: string, isSampled: boolean, nowMs: number): void {
    const map = isSampled ? this.#sampled : this.#notSampled;
    map.set(id, nowMs);
    if (map.size <= (isSampled ? this.#sizes.sampled : this.#sizes.notSampled)) return;
    for (const [oldest] of map) return void map.delete(oldest);
  }

  get(id: string): Remembered | undefined {
    for (const isSampled of [true, false]) {
      const map = isSampled ? this.#sampled : this.#notSampled;
      const decidedMs = map.get(id);
      if (decidedMs === undefined) continue;
      map.delete(id);
      map.set(id, decidedMs);
      return { isSampled, decidedMs };
    }
    return undefined;
  }
}
