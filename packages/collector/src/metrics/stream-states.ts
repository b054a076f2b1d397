/**
 * What a processor keeps of each stream between its points, with a way back: when what follows
 * from a payload was not taken downstream, the sender will send it again, and must find the
 * states as they were.
 */
export class StreamStates<State> {
  // key --> state
  readonly #states = new Map<string, State>();

  get size(): number {
    return this.#states.size;
  }

  get(key: string): State | undefined {
    return this.#states.get(key);
  }

  /** Begins a payload. */
  begin(): StreamChange<State> {
    return new StreamChange(this.#states);
  }

  /** Forgets those for which it holds. Returns how many. */
  forget(isStale: (state: State) => boolean): number {
    let forgotten = 0;
    for (const [key, state] of this.#states) {
      if (!isStale(state)) continue;
      this.#states.delete(key);
      forgotten++;
    }
    return forgotten;
  }
}

/** The changes of one payload. */
export class StreamChange<State> {
  readonly #states: Map<string, State>;
  // key --> what it was and became
  readonly #changed = new Map<string, { readonly before: State | undefined; after: State }>();

  constructor(states: Map<string, State>) {
    this.#states = states;
  }

  set(key: string, state: State): void {
    const change = this.#changed.get(key);
    if (change === undefined) this.#changed.set(key, { before: this.#states.get(key), after: state });
    else change.after = state;
    this.#states.set(key, state);
  }

  /** Puts back what was there before, where nobody has gone on from it since. */
  undo(): void {
    for (const [key, { before, after }] of this.#changed) {
      if (this.#states.get(key) !== after) continue;
      if (before === undefined) this.#states.delete(key);
      else this.#states.set(key, before);
    }
  }
}
