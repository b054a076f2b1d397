/** Metrics that a component makes by itself and hands on every so often. */
import { messageOf } from "@clew/base";
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import type { Settings } from "../component.ts";
import type { Consumer } from "../consumer.ts";

/** Of what could not be handed on, so many requests are kept for the next time. */
const MAX_KEPT = 10;

export interface PeriodicMetricsSettings {
  readonly settings: Settings;
  readonly next: Consumer;
  readonly intervalMs: number;
  /** Whether what was not taken must come again, since it is not in the next totals. */
  readonly keepsRefused: boolean;
  /** The `resourceMetrics` of a request; empty where there is nothing to tell. */
  readonly collect: () => readonly object[];
}

export class PeriodicMetrics {
  readonly #given: PeriodicMetricsSettings;
  #kept: Payload[] = [];
  #stop: () => void = () => {};
  #flushing: Promise<void> = Promise.resolve();

  constructor(given: PeriodicMetricsSettings) {
    this.#given = given;
  }

  start(): void {
    const { settings, intervalMs } = this.#given;
    if (intervalMs > 0) this.#stop = settings.clock.every(intervalMs, () => void this.flush());
  }

  /** Hands on a last time. */
  async shutdown(): Promise<void> {
    this.#stop();
    this.#stop = () => {};
    await this.flush();
  }

  /** Resolves once it was taken or refused; never rejects. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const { collect, keepsRefused, next, settings } = this.#given;
    const resourceMetrics = collect();
    const due = this.#kept;
    this.#kept = [];
    if (resourceMetrics.length > 0)
      due.push(payloadOf("metrics", encode(PROTOCOLS.metrics.request, { resourceMetrics })));
    for (const payload of due) {
      try {
        await next.consume(payload);
      } catch (error) {
        settings.logger.error("Failed ConsumeMetrics", { error: messageOf(error) });
        if (keepsRefused) this.#keep(payload);
      }
    }
  }

  #keep(payload: Payload): void {
    this.#kept.push(payload);
    if (this.#kept.length <= MAX_KEPT) return;
    const dropped = this.#kept.shift();
    this.#given.settings.logger.error("Dropping metrics that were not taken in time", {
      dropped_items: dropped?.counts.items,
    });
  }
}
