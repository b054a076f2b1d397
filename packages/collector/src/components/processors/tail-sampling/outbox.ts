import { messageOf, sleep } from "@clew/base";
import type { Payload } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { ConsumeError, isPermanent, type Consumer } from "../../../consumer.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** What became of a payload. What is `left` is in the storage, for after the next start. */
export type Fate = "taken" | "refused" | "left";

/** Hands on what was acknowledged already, and so tries again until it is taken, or refused for good. */
export class Outbox {
  readonly #settings: Settings;
  readonly #next: Consumer;
  readonly #closing = new AbortController();
  #isStored = false;

  constructor(settings: Settings, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
  }

  async send(payload: Payload): Promise<Fate> {
    const { signal } = this.#closing;
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
      const isLast = signal.aborted;
      try {
        await this.#next.consume(payload);
        return "taken";
      } catch (error) {
        if (isPermanent(error) || (isLast && !this.#isStored)) return this.#refused(payload, error);
        const delayMs = (error instanceof ConsumeError ? error.retryAfterMs : undefined) ?? retryMs;
        await sleep(this.#settings.clock, delayMs, signal);
        if (signal.aborted && this.#isStored) return "left";
      }
    }
  }

  /** Tries for the last time, unless a storage keeps what waits. */
  close(isStored: boolean): void {
    this.#isStored = isStored;
    this.#closing.abort();
  }

  #refused({ counts }: Payload, error: unknown): Fate {
    this.#settings.logger.error("Error sending spans to destination. Dropping them.", {
      error: messageOf(error),
      spans: counts.items,
    });
    return "refused";
  }
}
