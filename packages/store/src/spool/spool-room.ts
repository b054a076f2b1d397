import { ClewError, type Clock } from "@clew/base";

/** Room is looked for so often… */
const LOOK_MS = 20;
/** …and so many times: a payload waits for half of what senders give a request. */
const MAX_LOOKS = 250;
/** A sender that was refused should wait this long. */
const RETRY_MS = 5_000;

export interface SpoolRoomSettings {
  readonly limitBytes: number;
  /** What waits in the spool now. */
  readonly usedBytes: () => number;
  /** Whether there will be more room soon. */
  readonly isDraining: () => boolean;
  readonly clock: Clock;
}

interface Waiting {
  readonly byteLength: number;
  /** Refused with this one of all looks. */
  readonly lastLook: number;
  readonly resolve: () => void;
  readonly reject: (error: SpoolFullError) => void;
}

/**
 * Keeps the spool within its limit. While the engine is merely behind, payloads wait for room in the order in which they
 * came, which slows their senders: to refuse each and receive it again would cost what the engine needs to catch up.
 * What was let in together and is not written yet may pass the limit.
 */
export class SpoolRoom {
  readonly #settings: SpoolRoomSettings;
  #waiting: Waiting[] = [];
  #looks = 0;
  #stopTimer: (() => void) | undefined;

  constructor(settings: SpoolRoomSettings) {
    this.#settings = settings;
  }

  /** Resolves when there is room for so many bytes. Throws `SpoolFullError` where there will be none, or is none for five seconds. */
  async for(byteLength: number): Promise<void> {
    const { limitBytes, usedBytes, isDraining, clock } = this.#settings;
    if (this.#waiting.length === 0 && usedBytes() + byteLength <= limitBytes) return;
    if (byteLength > limitBytes || !isDraining()) throw new SpoolFullError(limitBytes);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ byteLength, lastLook: this.#looks + MAX_LOOKS, resolve, reject });
      this.#stopTimer ??= clock.after(LOOK_MS, () => this.#look());
    });
  }

  /** Refuses whatever waits. */
  close(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(new SpoolFullError(this.#settings.limitBytes));
  }

  #look(): void {
    const { limitBytes, usedBytes, isDraining, clock } = this.#settings;
    let used = usedBytes();
    let count = 0;
    for (const { byteLength, resolve } of this.#waiting) {
      used += byteLength;
      if (used > limitBytes) break;
      count++;
      resolve();
    }
    const refusedBefore = isDraining() ? ++this.#looks : Infinity;
    for (; count < this.#waiting.length && this.#waiting[count]!.lastLook <= refusedBefore; count++)
      this.#waiting[count]!.reject(new SpoolFullError(limitBytes));
    this.#waiting.splice(0, count);
    this.#stopTimer = this.#waiting.length === 0 ? undefined : clock.after(LOOK_MS, () => this.#look());
  }
}

/** Refused because the engine does not keep up: the sender should come again. */
export class SpoolFullError extends ClewError {
  readonly retryAfterMs: number = RETRY_MS;

  constructor(limitBytes: number) {
    super("STORE_SPOOL_FULL", `${limitBytes} bytes wait for the engine, which is the limit`, {
      remedy: "wait for the engine to catch up, or see in the log why it does not",
    });
  }
}
