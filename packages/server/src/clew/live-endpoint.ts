/** `/api/clew/v1/live`: what arrives, as it arrives, over server-sent events. */
import { decode, PROTOCOLS, type LogsObject, type Payload, type TracesObject } from "@clew/otlp";
import { Hono, type Context } from "hono";
import { streamSSE } from "hono/streaming";
import { attributesOf, number, textOf } from "./parameters.ts";
import { liveLogs, liveSpans, type LiveFilter, type LiveItem } from "./live-items.ts";

/** Items a second that one listener is sent; the rest is counted and told. */
export const MAX_ITEMS_PER_SECOND = 200;
const TICK_MS = 250;

export interface LiveEndpointSettings {
  /** Calls back with every payload that was stored, until the returned function is called. */
  readonly subscribe: (listener: (payload: Payload) => void) => () => void;
}

/**
 * Events: `log` and `span` with a JSON item each, `skipped` with `{"count": n}` where more
 * arrived than is sent. `signal=logs` (the default) or `traces` chooses, `q`, `service`,
 * `severity` and `attr` filter as they do in searches.
 */
export function liveEndpoint({ subscribe }: LiveEndpointSettings): Hono {
  const app = new Hono();
  app.get("/live", (context) => {
    const signal = context.req.query("signal") === "traces" ? "traces" : "logs";
    const filter = filterOf(context);
    return streamSSE(context, async (stream) => {
      const pending = new PendingItems();
      const unsubscribe = subscribe((payload) => {
        if (payload.signal === signal) pending.add(itemsOf(payload, filter));
      });
      stream.onAbort(unsubscribe);
      try {
        await stream.writeSSE({ event: "ready", data: "{}" });
        while (!stream.aborted && !stream.closed) {
          for (const item of pending.take()) await stream.writeSSE({ event: item.event, data: item.data });
          await stream.sleep(TICK_MS);
        }
      } finally {
        unsubscribe();
      }
    });
  });
  return app;
}

class PendingItems {
  #items: LiveItem[] = [];
  #skipped = 0;

  add(items: readonly LiveItem[]): void {
    const room = (MAX_ITEMS_PER_SECOND * TICK_MS) / 1_000 - this.#items.length;
    this.#items.push(...items.slice(0, Math.max(0, room)));
    this.#skipped += Math.max(0, items.length - Math.max(0, room));
  }

  take(): LiveItem[] {
    const taken = this.#items;
    if (this.#skipped > 0) taken.push({ event: "skipped", data: JSON.stringify({ count: this.#skipped }) });
    this.#items = [];
    this.#skipped = 0;
    return taken;
  }
}

function itemsOf(payload: Payload, filter: LiveFilter): LiveItem[] {
  return payload.chunks.flatMap((chunk) => {
    const decoded = decode(PROTOCOLS[payload.signal].request, chunk) as unknown;
    return payload.signal === "logs"
      ? liveLogs(decoded as LogsObject, filter)
      : liveSpans(decoded as TracesObject, filter);
  });
}

function filterOf(context: Context): LiveFilter {
  return {
    words: (textOf(context, "q") ?? "")
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== ""),
    services: context.req.queries("service") ?? [],
    minSeverity: number(context, "severity") ?? 0,
    traceId: textOf(context, "traceId"),
    attributes: attributesOf(context),
  };
}
