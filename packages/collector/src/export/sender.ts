import { messageOf, sleep } from "@clew/base";
import type { Payload } from "@clew/otlp";
import type { Component, Settings } from "../component.ts";
import { ConsumeError, isPermanent, type Consumer } from "../consumer.ts";
import type { RetryConfig, SenderConfig } from "./sender-config.ts";

/** Sends one payload, once. Gives up when `signal` aborts. Rejects with a `ConsumeError`. */
export type Attempt = (payload: Payload, signal: AbortSignal) => Promise<void>;

interface Waiting {
  readonly payload: Payload;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stands before every exporter to a distant place: a queue with a limit, so many attempts at
 * once, each with a timeout, and retries with growing waits. Resolves once a payload was
 * delivered; whoever sent it hears it if it was not, so nothing is lost unseen.
 */
export class Sender implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: SenderConfig;
  readonly #attempt: Attempt;
  readonly #waiting: Waiting[] = [];
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #endMetrics: (() => void)[] = [];

  constructor(settings: Settings, config: SenderConfig, attempt: Attempt) {
    this.#settings = settings;
    this.#config = config;
    this.#attempt = attempt;
  }

  start(): Promise<void> {
    const { meter, id } = this.#settings;
    const labels = { exporter: id };
    this.#endMetrics.push(
      meter.gauge(
        "otelcol_exporter_queue_size",
        "Current size of the retry queue (in batches).",
        labels,
        () => this.#waiting.length,
      ),
      meter.gauge("otelcol_exporter_queue_capacity", "Fixed capacity of the retry queue (in batches).", labels, () => {
        return this.#config.sending_queue.queue_size;
      }),
    );
    return Promise.resolve();
  }

  /** Each payload in hand gets one more attempt. */
  async shutdown(): Promise<void> {
    this.#stopping.abort();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    for (const end of this.#endMetrics.splice(0)) end();
  }

  consume(payload: Payload): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.reject(shuttingDown(this.#settings.path));
    const { enabled, queue_size: size } = this.#config.sending_queue;
    if (enabled && this.#waiting.length >= size) return Promise.reject(this.#queueFull(payload));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      this.#next();
    });
  }

  refusal(): ConsumeError | undefined {
    const { enabled, queue_size: size } = this.#config.sending_queue;
    return enabled && this.#waiting.length >= size ? queueFull(this.#settings.path) : undefined;
  }

  #queueFull({ counts }: Payload): ConsumeError {
    const error = queueFull(this.#settings.path);
    this.#settings.logger.error("Exporting failed. Rejecting data.", {
      error: error.what,
      rejected_items: counts.items,
    });
    return error;
  }

  #next(): void {
    const { enabled, num_consumers: consumers } = this.#config.sending_queue;
    if (enabled && this.#underWay.size >= consumers) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    const ended = this.#deliver(waiting.payload)
      .then(waiting.resolve, waiting.reject)
      .finally(() => {
        this.#underWay.delete(ended);
        this.#next();
      });
    this.#underWay.add(ended);
  }

  async #deliver(payload: Payload): Promise<void> {
    const { retry_on_failure: retry } = this.#config;
    const startMs = this.#settings.clock.nowMs();
    let intervalMs = retry.initial_interval;
    for (;;) {
      try {
        return await this.#attemptOnce(payload);
      } catch (error) {
        if (isPermanent(error)) throw this.#failed(payload, error, "Exporting failed. Dropping data.");
        if (!retry.enabled) throw this.#failed(payload, error, "Exporting failed. Rejecting data.");
        const delayMs = this.#delayMs(intervalMs, retry, error);
        const elapsedMs = this.#settings.clock.nowMs() - startMs + delayMs;
        if (retry.max_elapsed_time > 0 && elapsedMs > retry.max_elapsed_time) {
          throw this.#failed(payload, error, "Exporting failed. Dropping data.", "no more retries left: ");
        }
        if (this.#stopping.signal.aborted)
          throw this.#failed(payload, error, "Exporting failed. Dropping data.", "interrupted due to shutdown: ");
        const fields = { error: messageOf(error), interval: `${delayMs / 1_000}s` };
        this.#settings.logger.info("Exporting failed. Will retry the request after interval.", fields);
        await sleep(this.#settings.clock, delayMs, this.#stopping.signal);
        intervalMs = Math.min(intervalMs * retry.multiplier, retry.max_interval);
      }
    }
  }

  async #attemptOnce(payload: Payload): Promise<void> {
    const timeout = new AbortController();
    const { timeout: timeoutMs } = this.#config;
    const cancel = timeoutMs === 0 ? () => {} : this.#settings.clock.after(timeoutMs, () => timeout.abort());
    try {
      await this.#attempt(payload, timeout.signal);
    } finally {
      cancel();
    }
  }

  /** Varied around the interval, but never before the time that the receiver asked for. */
  #delayMs(intervalMs: number, { randomization_factor: factor }: RetryConfig, error: unknown): number {
    const varied = intervalMs * (1 - factor + 2 * factor * this.#settings.random());
    const asked = error instanceof ConsumeError ? (error.retryAfterMs ?? 0) : 0;
    return Math.round(Math.max(varied, asked));
  }

  #failed(payload: Payload, error: unknown, message: string, prefix = ""): unknown {
    const text = prefix + messageOf(error);
    this.#settings.logger.error(message, { error: text, dropped_items: payload.counts.items });
    if (prefix === "") return error;
    return new ConsumeError("EXPORT_FAILED", text, { permanent: false, path: this.#settings.path, cause: error });
  }
}

function shuttingDown(path: string): ConsumeError {
  return new ConsumeError("SHUTTING_DOWN", "the collector is shutting down", {
    permanent: false,
    path,
    remedy: "send it again once the collector is back",
  });
}

function queueFull(path: string): ConsumeError {
  return new ConsumeError("QUEUE_FULL", "sending queue is full", {
    permanent: false,
    path,
    remedy: "the receiver behind it is too slow or down; raise queue_size to bear it longer",
  });
}
