import { diag } from "@opentelemetry/api";
import { holdForLines, linesAreWritten } from "../common/standard-streams.ts";
import { deliverNow } from "./last-delivery.ts";
import type { Drainable, LastRequest } from "./last-request.ts";
import { sendLastRequests } from "./send-last-requests.ts";
import { tellLost } from "./tell-lost.ts";

/** Those that end a process by default, and that a program is asked to end with. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/** How long a request that is under way may take. */
const UNDER_WAY_MS = 1_000;

/** Metrics that were collected so lately need not be collected again. */
const FRESH_MS = 1_000;

export interface ExitSource {
  readonly spansAndLogs: Drainable;
  readonly metrics: Drainable;
  /** Resolves when what was under way has been answered. */
  forceFlush(): Promise<void>;
  /** Called before a signal ends the process. */
  onSignal?(): void;
}

/**
 * Delivers what ended before the process does, however that ends:
 *
 * - on a signal that nobody else handles, then raises it again, so that the process ends by it;
 * - when the event loop has nothing left to do;
 * - on `process.exit` and uncaught errors, holding the thread, since nothing else runs any more.
 */
export class ExitHooks {
  readonly #source: ExitSource;
  readonly #timeoutMillis: number;
  readonly #onSignal = (signal: NodeJS.Signals): void => void this.#signalled(signal);
  readonly #onIdle = (): void => this.#idle();
  readonly #onExit = (): void => this.#exit();
  #isEnding = false;
  #hasBeenIdle = false;
  #collectedAtMs = Number.NEGATIVE_INFINITY;

  /** `timeoutMillis`: how long what is sent, and what is written, may each hold the process up. */
  constructor(source: ExitSource, timeoutMillis: number) {
    this.#source = source;
    this.#timeoutMillis = timeoutMillis;
  }

  install(): void {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    process.on("beforeExit", this.#onIdle);
    process.on("exit", this.#onExit);
  }

  remove(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    process.off("beforeExit", this.#onIdle);
    process.off("exit", this.#onExit);
  }

  /** Where the application has a handler of its own, it decides when to end, and that is when we deliver. */
  async #signalled(signal: NodeJS.Signals): Promise<void> {
    if (process.listenerCount(signal) > 1) return;
    // Whoever asks twice does not want to wait.
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#source.onSignal?.();
      await this.#deliver();
    }
    this.remove();
    process.kill(process.pid, signal);
  }

  /** Once: delivering is work, after which the event loop has nothing left to do again. */
  #idle(): void {
    if (this.#hasBeenIdle) return;
    this.#hasBeenIdle = true;
    void this.#deliver();
  }

  #exit(): void {
    holdForLines(this.#timeoutMillis);
    deliverNow(this.#drain(true), this.#timeoutMillis);
  }

  #drain(isEnd: boolean): readonly LastRequest[] {
    const { spansAndLogs, metrics } = this.#source;
    const requests = spansAndLogs.drain(isEnd);
    if (performance.now() - this.#collectedAtMs < FRESH_MS) return requests;
    this.#collectedAtMs = performance.now();
    return [...requests, ...metrics.drain(isEnd)];
  }

  async #deliver(): Promise<void> {
    const requests = this.#drain(false);
    const underWay = this.#source.forceFlush();
    try {
      const lost = await sendLastRequests(requests, this.#timeoutMillis);
      if (lost > 0) diag.error(`${lost} of ${requests.length} requests were not accepted at the end of the process`);
      await Promise.race([underWay, after(UNDER_WAY_MS)]);
      await Promise.race([linesAreWritten(), after(this.#timeoutMillis)]);
    } catch (thrown) {
      tellLost(thrown);
    }
  }
}

function after(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis).unref());
}
