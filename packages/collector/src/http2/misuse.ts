import { ConnectionError, ERROR } from "@clew/otlp/http2";
import { Allowance } from "./allowance.ts";

/** Streams that a client may reset. Deadlines that pass together reset many; one after another it is an attack. */
const RESET_BURST = 1_000;
const RESETS_PER_SECOND = 33;
/** Frames that carry nothing of a request: SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty DATA. */
const IDLE_FRAME_BURST = 10_000;
const IDLE_FRAMES_PER_SECOND = 1_000;
/** How many of them each request may bring along. */
const IDLE_FRAMES_PER_REQUEST = 8;

/** Counts what costs a client nothing and us work. Beyond its limits a connection ends with `ENHANCE_YOUR_CALM`. */
export class Misuse {
  readonly #nowMs: () => number;
  readonly #resets: Allowance;
  readonly #idleFrames: Allowance;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#resets = new Allowance(RESET_BURST, RESETS_PER_SECOND, nowMs());
    this.#idleFrames = new Allowance(IDLE_FRAME_BURST, IDLE_FRAMES_PER_SECOND, nowMs());
  }

  request(): void {
    this.#idleFrames.give(IDLE_FRAMES_PER_REQUEST);
  }

  /** Throws `ConnectionError`. */
  reset(): void {
    this.#take(this.#resets, "too many streams were reset");
  }

  /** Throws `ConnectionError`. */
  idleFrame(): void {
    this.#take(this.#idleFrames, "too many frames that carry nothing");
  }

  #take(allowance: Allowance, otherwise: string): void {
    if (!allowance.take(this.#nowMs())) throw new ConnectionError(ERROR.ENHANCE_YOUR_CALM, otherwise);
  }
}
