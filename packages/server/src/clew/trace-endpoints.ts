/** `/api/clew/v1/traces`: search without a service, and traces as the waterfall needs them. */
import type { Clock } from "@clew/base";
import type { SkeletonSpan, SpanFilter, TraceCursor, TraceReader } from "@clew/store";
import { Hono, type Context } from "hono";
import { attributesOf, badParameter, count, durationOf, textOf, wholeNumber, windowOf } from "./parameters.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

export interface TraceEndpointSettings {
  readonly traces: TraceReader;
  readonly clock: Clock;
}

export function traceEndpoints({ traces, clock }: TraceEndpointSettings): Hono {
  const app = new Hono();
  app.get("/traces", async (context) => {
    const filter = spanFilter(context, clock);
    const limit = count(context, "limit", DEFAULT_LIMIT, MAX_LIMIT);
    const cursors = await traces.search(filter, limit, cursorOf(textOf(context, "cursor")));
    const found = await traces.summaries(
      cursors.map(({ traceId }) => traceId),
      filter.window,
    );
    const last = cursors.length === limit ? cursors.at(-1) : undefined;
    return context.json({ traces: found, cursor: last === undefined ? null : `${last.timeUnixNano}-${last.traceId}` });
  });
  app.get("/traces/:traceId", async (context) => {
    const traceId = idOf(context, "traceId", 32);
    const spans = await traces.skeleton(traceId);
    return spans.length === 0 ? context.json(notFound("trace"), 404) : context.json(skeleton(traceId, spans));
  });
  app.get("/traces/:traceId/spans/:spanId", async (context) => {
    const found = await traces.span(idOf(context, "traceId", 32), idOf(context, "spanId", 16));
    return found === undefined ? context.json(notFound("span"), 404) : context.json({ resourceSpans: [found] });
  });
  return app;
}

function spanFilter(context: Context, clock: Clock): SpanFilter {
  return {
    window: windowOf(context, clock),
    service: textOf(context, "service"),
    operation: textOf(context, "operation"),
    kind: wholeNumber(context, "kind", 5),
    minDurationNanos: durationOf(context, "minDuration"),
    maxDurationNanos: durationOf(context, "maxDuration"),
    errorsOnly: context.req.query("error") === "true",
    attributes: attributesOf(context),
  };
}

function cursorOf(text: string | undefined): TraceCursor | undefined {
  if (text === undefined) return undefined;
  const [, time, traceId] = /^(-?\d{1,19})-([0-9a-f]{32})$/.exec(text) ?? [];
  if (time === undefined || traceId === undefined)
    throw badParameter("cursor", "not a cursor", "pass back the cursor of an answer");
  return { timeUnixNano: BigInt(time), traceId };
}

function idOf(context: Context, name: string, digits: number): string {
  const id = (context.req.param(name) ?? "").toLowerCase();
  if (!/^[0-9a-f]+$/.test(id) || id.length > digits) {
    throw badParameter(
      name,
      `${JSON.stringify(id)} is no ${digits === 32 ? "trace" : "span"} id`,
      `give up to ${digits} hexadecimal digits`,
    );
  }
  return id.padStart(digits, "0");
}

function notFound(what: string): { error: { code: string; message: string } } {
  return { error: { code: "NOT_FOUND", message: `the ${what} is not in the store` } };
}

/**
 * Spans in columns, so that 50,000 of them are a small answer: `parent` is the index of the
 * parent's row, -1 for none and -2 for one that is missing; `service` and `name` index the
 * lists; times are nanoseconds, starts counted from the trace's.
 */
function skeleton(traceId: string, spans: readonly SkeletonSpan[]): object {
  const rowOf = new Map(spans.map(({ spanId }, row) => [spanId, row]));
  const services = new Interned();
  const names = new Interned();
  const first = spans.reduce(
    (least, span) => (span.startUnixNano < least ? span.startUnixNano : least),
    spans[0]!.startUnixNano,
  );
  const parentOf = (span: SkeletonSpan, row: number): number => {
    if (span.parentSpanId === "") return -1;
    const parent = rowOf.get(span.parentSpanId);
    return parent === undefined || parent === row ? -2 : parent;
  };
  const columns = {
    spanId: spans.map(({ spanId }) => spanId),
    parent: spans.map(parentOf),
    service: spans.map(({ service }) => services.index(service)),
    name: spans.map(({ name }) => names.index(name)),
    kind: spans.map(({ kind }) => kind),
    status: spans.map(({ status }) => status),
    startOffsetNanos: spans.map(({ startUnixNano }) => Number(startUnixNano - first)),
    durationNanos: spans.map(({ durationNanos }) => Number(durationNanos)),
    events: spans.map(({ eventOffsets }) => eventOffsets),
    links: spans.map(({ linkCount }) => linkCount),
  };
  return {
    traceId,
    startUnixNano: first.toString(),
    spanCount: spans.length,
    services: services.list,
    names: names.list,
    spans: columns,
  };
}

class Interned {
  readonly list: string[] = [];
  readonly #indexes = new Map<string, number>();

  index(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) this.#indexes.set(text, (index = this.list.push(text) - 1));
    return index;
  }
}
