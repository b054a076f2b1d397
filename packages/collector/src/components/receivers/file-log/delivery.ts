/** Hands records on, again where they were not taken, and remembers which were not taken yet. */
import { ClewError, messageOf, sleep } from "@clew/base";
import type { Payload } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { ConsumeError, isPermanent, type Consumer } from "../../../consumer.ts";
import type { RetryConfig } from "./config.ts";
import type { InFlight, KnownFile } from "./files/known-file.ts";

/** A file is read on while so many payloads of it are being taken. */
const MAX_IN_FLIGHT = 8;
/** And all files together, so that many of them do not fill the memory. */
const MAX_IN_FLIGHT_TOGETHER = 64;
const GROWTH = 1.5;

export class Delivery {
  readonly #settings: Settings;
  readonly #retry: RetryConfig;
  readonly #next: Consumer;
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<void>>();

  constructor(settings: Settings, retry: RetryConfig, next: Consumer, signal: AbortSignal) {
    this.#settings = settings;
    this.#retry = retry;
    this.#next = next;
    this.#signal = signal;
  }

  /** Begins to hand on a payload with records of files, which begin at these offsets. */
  send(payload: Payload, starts: ReadonlyMap<KnownFile, number>): void {
    const marks = [...starts].map(([file, startOffset]) => {
      const mark: InFlight = { startOffset };
      file.inFlight.add(mark);
      return { file, mark };
    });
    const unmark = async (): Promise<void> => {
      // What was not taken when we end stays marked, so that it is read again.
      if (await this.#untilTaken(payload)) for (const { file, mark } of marks) file.inFlight.delete(mark);
      this.#running.delete(running);
    };
    const running = unmark();
    this.#running.add(running);
  }

  /** Resolves once more of a file may be read. */
  async room(file: KnownFile): Promise<void> {
    const isFull = (): boolean => file.inFlight.size >= MAX_IN_FLIGHT || this.#running.size >= MAX_IN_FLIGHT_TOGETHER;
    while (isFull() && this.#running.size > 0 && !this.#signal.aborted) await Promise.race(this.#running);
  }

  /** Resolves once nothing is being handed on any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Whether it was taken, or given up for good. */
  async #untilTaken(payload: Payload): Promise<boolean> {
    const { clock, logger } = this.#settings;
    const sinceMs = clock.nowMs();
    let delayMs = this.#retry.initial_interval;
    for (;;) {
      try {
        await this.#next.consume(payload);
        return true;
      } catch (error) {
        const text = error instanceof ClewError ? error.what : messageOf(error);
        const { enabled, max_elapsed_time: most } = this.#retry;
        const isOver = enabled && most > 0 && clock.nowMs() - sinceMs + delayMs > most;
        if (isPermanent(error) || isOver) {
          logger.error("ConsumeLogs() failed. Dropping data.", { error: text, dropped_items: payload.counts.items });
          return true;
        }
        const askedMs = error instanceof ConsumeError ? (error.retryAfterMs ?? 0) : 0;
        logger.warn("ConsumeLogs() failed. Will retry.", { error: text, interval_ms: Math.max(delayMs, askedMs) });
        await sleep(clock, Math.max(delayMs, askedMs), this.#signal);
        if (this.#signal.aborted) return false;
        delayMs = Math.min(delayMs * GROWTH, this.#retry.max_interval);
      }
    }
  }
}
