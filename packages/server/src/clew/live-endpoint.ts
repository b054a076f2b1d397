/** `/api/clew/v1/live`: what arrives, as it arrives, over server-sent events. */
import { messageOf } from "@clew/base";
import { decode, PROTOCOLS, type LogsObject, type Payload, type TracesObject } from "@clew/otlp";
import { bodyTest, type AttributeFilter } from "@clew/store";
import { Hono, type Context } from "hono";
import { streamSSE } from "hono/streaming";
import { attributesOf, badParameter, severityOf, textOf } from "./parameters.ts";
import { liveLogs, liveSpans, type LiveCondition, type LiveFilter, type LiveItem } from "./live-items.ts";

/** Items go out this often, and at most so many at once to each listener; the rest is counted and told. */
const TICK_MS = 250;
const MAX_ITEMS_PER_TICK = 50;

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
        if (payload.signal === signal) pending.add(payload, filter);
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

  /** Where there is no room, nothing is decoded: watching must not slow down what is watched. */
  add(payload: Payload, filter: LiveFilter): void {
    const room = MAX_ITEMS_PER_TICK - this.#items.length;
    if (room <= 0) {
      this.#skipped += payload.counts.items;
      return;
    }
    const items = itemsOf(payload, filter);
    this.#items.push(...items.slice(0, room));
    this.#skipped += Math.max(0, items.length - room);
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
    isBodyRight: bodyTest(textOf(context, "q") ?? ""),
    services: context.req.queries("service") ?? [],
    minSeverity: severityOf(context) ?? 0,
    traceId: textOf(context, "traceId"),
    attributes: attributesOf(context).map(conditionOf),
  };
}

function conditionOf({ key, operator, value }: AttributeFilter): LiveCondition {
  const isLike = testOf(operator, value);
  if (operator === "exists") return { key, isMet: (values) => values.length > 0 };
  if (operator === "=" || operator === "=~") return { key, isMet: (values) => values.some(isLike) };
  return { key, isMet: (values) => !values.some(isLike) };
}

function testOf(operator: AttributeFilter["operator"], value: string): (text: string) => boolean {
  if (operator !== "=~" && operator !== "!~") return (text) => text === value;
  try {
    const pattern = new RegExp(value);
    return (text) => pattern.test(text);
  } catch (error) {
    throw badParameter("attr", messageOf(error), "write a regular expression");
  }
}
