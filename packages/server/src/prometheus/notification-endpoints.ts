/** `notifications`: what somebody should do something about, once, and as it comes and goes. */
import type { Clock } from "@clew/base";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { type Answer, dataOf } from "./envelope.ts";

/** How often it is looked whether something came or went. */
const INTERVAL_MS = 1_000;

interface Notification {
  readonly text: string;
  readonly date: string;
  readonly active: boolean;
}

export class NotificationEndpoints {
  readonly #clock: Clock;
  readonly #warnings: () => readonly string[];
  // What is the matter --> since when.
  readonly #since = new Map<string, string>();

  constructor(clock: Clock, warnings: () => readonly string[]) {
    this.#clock = clock;
    this.#warnings = warnings;
  }

  list(): Answer {
    return dataOf(this.#active());
  }

  /** Server-sent events: what there is, then each that comes, and each that is over with `active: false`. */
  live(context: Context): Response {
    return streamSSE(context, async (stream) => {
      let told = new Map<string, Notification>();
      while (!stream.aborted && !stream.closed) {
        const active = new Map(this.#active().map((one) => [one.text, one]));
        const gone = [...told.values()].filter(({ text }) => !active.has(text));
        const come = [...active.values()].filter(({ text }) => !told.has(text));
        for (const one of [...gone.map((over) => ({ ...over, active: false })), ...come])
          await stream.writeSSE({ data: JSON.stringify(one) });
        told = active;
        await stream.sleep(INTERVAL_MS);
      }
    });
  }

  #active(): Notification[] {
    const texts = this.#warnings();
    for (const text of this.#since.keys()) if (!texts.includes(text)) this.#since.delete(text);
    return texts.map((text) => {
      const date = this.#since.get(text) ?? new Date(this.#clock.nowMs()).toISOString();
      this.#since.set(text, date);
      return { text, date, active: true };
    });
  }
}
