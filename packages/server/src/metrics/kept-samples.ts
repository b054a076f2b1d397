import type { Clock } from "@clew/base";
import type { SeriesSamples } from "@clew/query";
import type { MillisWindow } from "@clew/store";
import { byteLengthOf } from "./sample-windows.ts";

/** Nobody asks any more. */
const IDLE_MS = 120_000;
/** After so long all is read anew, should points have gone in a way that nobody tells of. */
const MAX_AGE_MS = 600_000;
const SWEEP_MS = 30_000;

/** All samples of a selection with `startMs < time <= endMs`, as they were read at `readMs`. */
export interface Kept extends MillisWindow {
  readonly samples: readonly SeriesSamples[];
  readonly readMs: number;
  /** The longest window that was asked for. */
  readonly spanMs: number;
}

interface Entry extends Kept {
  readonly byteLength: number;
  endMs: number;
  usedMs: number;
}

/** Samples by selection, within a limit of bytes: those that were used last. */
export class KeptSamples {
  readonly #clock: Clock;
  readonly #limitBytes: number;
  // The least recently used first.
  readonly #entries = new Map<string, Entry>();
  #byteLength = 0;
  #evictions = 0;
  #stopSweeping: (() => void) | undefined;

  constructor(clock: Clock, limitBytes: number) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** What was forgotten, or not kept, because of the limit. */
  get evictions(): number {
    return this.#evictions;
  }

  get(selection: string): Kept | undefined {
    const entry = this.#entries.get(selection);
    if (entry === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    this.#remove(selection, entry);
    if (nowMs - entry.readMs > MAX_AGE_MS) return undefined;
    entry.usedMs = nowMs;
    this.#add(selection, entry);
    return entry;
  }

  /** Takes the place of what was kept of the selection. */
  set(selection: string, kept: Kept): void {
    const before = this.#entries.get(selection);
    if (before !== undefined) this.#remove(selection, before);
    const byteLength = byteLengthOf(kept.samples);
    if (byteLength > this.#limitBytes) {
      this.#evictions++;
      return;
    }
    this.#add(selection, { ...kept, byteLength, usedMs: this.#clock.nowMs() });
    this.#makeRoom();
    this.#stopSweeping ??= this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Samples after this time are no longer all that there are. */
  cutAt(timeMs: number): void {
    for (const entry of this.#entries.values()) entry.endMs = Math.min(entry.endMs, timeMs);
  }

  #makeRoom(): void {
    for (const [selection, entry] of this.#entries) {
      if (this.#byteLength <= this.#limitBytes) return;
      this.#evictions++;
      this.#remove(selection, entry);
    }
  }

  #add(selection: string, entry: Entry): void {
    this.#entries.set(selection, entry);
    this.#byteLength += entry.byteLength;
  }

  #remove(selection: string, { byteLength }: Entry): void {
    this.#entries.delete(selection);
    this.#byteLength -= byteLength;
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const [selection, entry] of this.#entries) if (nowMs - entry.usedMs > IDLE_MS) this.#remove(selection, entry);
    if (this.#entries.size > 0) return;
    this.#stopSweeping?.();
    this.#stopSweeping = undefined;
  }
}
