/** Lets so many in at a time; the others wait in the order in which they came. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #changed: (by: 1 | -1) => void;

  /** `changed` is told when somebody comes, and when somebody leaves. */
  constructor(places: number, changed: (by: 1 | -1) => void) {
    this.#free = places;
    this.#changed = changed;
  }

  /** Resolves inside, with what to call on leaving; calling it twice does nothing more. */
  async enter(): Promise<() => void> {
    this.#changed(1);
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#changed(-1);
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }
}
