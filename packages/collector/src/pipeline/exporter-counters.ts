/** What an exporter delivered, failed to deliver, or had no room for, under the Collector's names. */
import type { Payload } from "@clew/otlp";
import type { Meter } from "../telemetry/meter.ts";
import { ITEMS, NOUNS } from "./items.ts";

export class ExporterCounters {
  readonly #meter: Meter;
  readonly #id: string;

  constructor(meter: Meter, id: string) {
    this.#meter = meter;
    this.#id = id;
  }

  sent(payload: Payload): void {
    this.#add(payload, "sent", "successfully sent to destination");
  }

  failed(payload: Payload): void {
    this.#add(payload, "send_failed", "in failed attempts to send to destination");
  }

  refused(payload: Payload): void {
    this.#add(payload, "enqueue_failed", "failed to be added to the sending queue");
  }

  #add({ signal, counts }: Payload, outcome: string, help: string): void {
    const name = `otelcol_exporter_${outcome}_${ITEMS[signal]}`;
    this.#meter.counter(name, `Number of ${NOUNS[signal]} ${help}.`, { exporter: this.#id }).add(counts.items);
  }
}
