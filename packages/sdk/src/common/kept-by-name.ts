/** So many names are known at a time: should somebody put ids into them, no more is kept. */
const MAX_NAMES = 256;

/** One thing for each name. What is asked for one after the other often has the same name. */
export class KeptByName<Kept> {
  readonly #make: () => Kept;
  readonly #kept = new Map<string, Kept>();
  #lastName: string | undefined;
  #last: Kept | undefined;

  constructor(make: () => Kept) {
    this.#make = make;
  }

  of(name: string): Kept {
    if (name === this.#lastName && this.#last !== undefined) return this.#last;
    let kept = this.#kept.get(name);
    if (kept === undefined) {
      if (this.#kept.size === MAX_NAMES) this.#kept.clear();
      kept = this.#make();
      this.#kept.set(name, kept);
    }
    this.#lastName = name;
    this.#last = kept;
    return kept;
  }
}
