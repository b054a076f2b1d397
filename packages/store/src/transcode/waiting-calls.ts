import { randomInt } from "node:crypto";

/** So many wait at most. */
const CAPACITY = 32_768;
const MASK = 2 * CAPACITY - 1;
const TWO_32 = 4_294_967_296;
/** Odd, with bits all over. */
const MIX_LOW = 0x9e3779b1;
const MIX_HIGH = 0x85ebca6b;
const IS_CALLER = 1;
const IS_ERROR = 2;

/** One side of a call. */
export interface CallSide {
  isCaller: boolean;
  service: string;
  startSeconds: number;
  durationNanos: number;
  isError: boolean;
}

export function newCallSide(): CallSide {
  return { isCaller: false, service: "", startSeconds: 0, durationNanos: 0, isError: false };
}

/**
 * Halves of calls by the calling span's id: an open-addressed hash table over typed arrays, since at a hundred thousand
 * spans a second an object for each would be most of what is collected as garbage.
 *
 *     slots   hash & mask --> entry + 1, or 0
 */
export class WaitingCalls {
  readonly #slots = new Uint16Array(MASK + 1);
  readonly #lows = new Uint32Array(CAPACITY);
  readonly #highs = new Uint32Array(CAPACITY);
  readonly #startSeconds = new Uint32Array(CAPACITY);
  readonly #durations = new Float64Array(CAPACITY);
  readonly #flags = new Uint8Array(CAPACITY);
  readonly #services: string[] = [];
  readonly #freed = new Uint16Array(CAPACITY);
  #freedCount = 0;
  #used = 0;
  /** So that nobody can choose ids that meet in one slot. */
  readonly #seed = randomInt(TWO_32);

  get isFull(): boolean {
    return this.#used === CAPACITY && this.#freedCount === 0;
  }

  /** Moves the half with the id whose halves these are into `side`. Returns whether there is one. */
  take(low: number, high: number, side: CallSide): boolean {
    const slot = this.#find(low, high);
    if (slot < 0) return false;
    const entry = this.#slots[slot]! - 1;
    const flags = this.#flags[entry]!;
    side.isCaller = (flags & IS_CALLER) !== 0;
    side.isError = (flags & IS_ERROR) !== 0;
    side.service = this.#services[entry]!;
    side.startSeconds = this.#startSeconds[entry]!;
    side.durationNanos = this.#durations[entry]!;
    this.#services[entry] = "";
    this.#freed[this.#freedCount++] = entry;
    this.#close(slot);
    return true;
  }

  /** Keeps one half more. There must be room, and none with this id. */
  add(low: number, high: number, side: CallSide): void {
    const entry = this.#freedCount > 0 ? this.#freed[--this.#freedCount]! : this.#used++;
    this.#lows[entry] = low;
    this.#highs[entry] = high;
    this.#startSeconds[entry] = side.startSeconds;
    this.#durations[entry] = side.durationNanos;
    this.#flags[entry] = (side.isCaller ? IS_CALLER : 0) | (side.isError ? IS_ERROR : 0);
    this.#services[entry] = side.service;
    let slot = this.#home(low, high);
    while (this.#slots[slot]! > 0) slot = (slot + 1) & MASK;
    this.#slots[slot] = entry + 1;
  }

  clear(): void {
    this.#slots.fill(0);
    this.#services.length = 0;
    this.#freedCount = 0;
    this.#used = 0;
  }

  #find(low: number, high: number): number {
    for (let slot = this.#home(low, high); this.#slots[slot]! > 0; slot = (slot + 1) & MASK) {
      const entry = this.#slots[slot]! - 1;
      if (this.#lows[entry] === low && this.#highs[entry] === high) return slot;
    }
    return -1;
  }

  /** Empties a slot, moving those behind it closer that would not be found past the gap. */
  #close(emptied: number): void {
    let gap = emptied;
    for (let slot = (gap + 1) & MASK; this.#slots[slot]! > 0; slot = (slot + 1) & MASK) {
      const entry = this.#slots[slot]! - 1;
      const home = this.#home(this.#lows[entry]!, this.#highs[entry]!);
      if (((slot - home) & MASK) < ((slot - gap) & MASK)) continue;
      this.#slots[gap] = entry + 1;
      gap = slot;
    }
    this.#slots[gap] = 0;
  }

  #home(low: number, high: number): number {
    const mixed = Math.imul(low ^ this.#seed, MIX_LOW) ^ Math.imul(high + this.#seed, MIX_HIGH);
    return (mixed ^ (mixed >>> 15)) & MASK;
  }
}
