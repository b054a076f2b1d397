/** `/api/clew/v1/logs`: search, counts over time, and who logged. */
import type { Clock } from "@clew/base";
import type { LogCursor, LogFilter, LogReader, StoredLog } from "@clew/store";
import { Hono, type Context } from "hono";
import { attributesOf, badParameter, count, severityOf, textOf, windowOf } from "./parameters.ts";

const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 5_000;
const DEFAULT_BUCKETS = 60;
const MAX_BUCKETS = 1_000;

export interface LogEndpointSettings {
  readonly logs: LogReader;
  readonly clock: Clock;
}

export function logEndpoints({ logs, clock }: LogEndpointSettings): Hono {
  const app = new Hono();
  app.get("/logs", async (context) => {
    const limit = count(context, "limit", DEFAULT_LIMIT, MAX_LIMIT);
    const oldestFirst = context.req.query("order") === "asc";
    const after = cursorOf(textOf(context, "cursor"));
    const found = await logs.search(logFilter(context, clock), limit, { after, oldestFirst });
    const last = found.length === limit ? found.at(-1) : undefined;
    return context.json({ records: found.map(jsonLog), cursor: last === undefined ? null : cursorText(last.cursor) });
  });
  app.get("/logs/histogram", async (context) => {
    const buckets = await logs.histogram(
      logFilter(context, clock),
      count(context, "buckets", DEFAULT_BUCKETS, MAX_BUCKETS),
    );
    return context.json({ severities: ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"], buckets });
  });
  app.get("/logs/services", async (context) =>
    context.json({ services: await logs.services(logFilter(context, clock)) }),
  );
  return app;
}

/** A stored record as JSON: `cursor` becomes text, which also tells records apart. */
function jsonLog({ cursor, ...record }: StoredLog): object {
  return { id: cursorText(cursor), ...record };
}

function logFilter(context: Context, clock: Clock): LogFilter {
  return {
    window: windowOf(context, clock),
    text: textOf(context, "q"),
    services: context.req.queries("service") ?? [],
    minSeverity: severityOf(context),
    traceId: textOf(context, "traceId"),
    spanIds: context.req.queries("spanId"),
    attributes: attributesOf(context),
  };
}

function cursorText({ timeUnixNano, hash, repeat }: LogCursor): string {
  return `${timeUnixNano}-${hash}-${repeat}`;
}

function cursorOf(text: string | undefined): LogCursor | undefined {
  if (text === undefined) return undefined;
  const [, time, hash, repeat] = /^(-?\d{1,19})-(\d{1,20})-(\d{1,9})$/.exec(text) ?? [];
  if (time === undefined || hash === undefined || repeat === undefined)
    throw badParameter("cursor", "not a cursor", "pass back the cursor of an answer");
  return { timeUnixNano: BigInt(time), hash: BigInt(hash), repeat: Number(repeat) };
}
