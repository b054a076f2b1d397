/** Jaeger's third HTTP API, in OTLP/JSON: `/api/v3/services`, `operations`, `traces`, `trace-summaries`. */
import { ClewError, messageOf } from "@clew/base";
import type { JsonResourceSpans, SpanFilter, TraceCursor, TraceReader } from "@clew/store";
import { Hono, type Context } from "hono";
import { badParameter, durationNanos, kindName, kindNumber, windowOf, withTags } from "./span-filter.ts";
import type { JaegerSettings } from "./jaeger-v1.ts";

const DEFAULT_SEARCH_DEPTH = 100;
const MAX_SEARCH_DEPTH = 10_000;
const TRACE_ID = /^[0-9a-fA-F]{1,32}$/;

export function jaegerV3({ traces }: Pick<JaegerSettings, "traces">): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    const isClients = error instanceof ClewError && error.code === "QUERY_BAD_PARAMETER";
    return failure(context, isClients ? 400 : 500, error instanceof ClewError ? error.what : messageOf(error));
  });
  app.get("/api/v3/services", async (context) => context.json({ services: await traces.services() }));
  app.get("/api/v3/operations", async (context) => {
    const kind = kindNumber(parameter(context, "spanKind") ?? "");
    const operations = await traces.operations(parameter(context, "service") ?? "", kind);
    return context.json({ operations: operations.map(({ name, kind: of }) => ({ name, spanKind: kindName(of) })) });
  });
  app.get("/api/v3/traces", async (context) => {
    const cursors = await search(traces, context);
    return result(
      context,
      (await traces.traces(cursors.map(({ traceId }) => traceId))).flatMap(({ resourceSpans }) => resourceSpans),
    );
  });
  app.get("/api/v3/traces/:traceId", async (context) => {
    const id = context.req.param("traceId");
    if (!TRACE_ID.test(id))
      throw badParameter(`malformed parameter trace_id: ${JSON.stringify(id)} is not a hexadecimal id`);
    const found = await traces.traces([id.toLowerCase().padStart(32, "0")]);
    return result(
      context,
      found.flatMap(({ resourceSpans }) => resourceSpans),
    );
  });
  app.get("/api/v3/trace-summaries", (context) => summaries(traces, context));
  return app;
}

async function summaries(traces: TraceReader, context: Context): Promise<Response> {
  const filter = filterOf(context);
  const cursors = await search(traces, context);
  const found = await traces.summaries(
    cursors.map(({ traceId }) => traceId),
    filter.window,
  );
  return context.json({
    summaries: found.map((summary) => ({
      traceId: summary.traceId,
      rootServiceName: summary.rootService,
      rootOperationName: summary.rootOperation,
      minStartTimeUnixNano: summary.startUnixNano,
      maxEndTimeUnixNano: (BigInt(summary.startUnixNano) + BigInt(summary.durationNanos)).toString(),
      spanCount: summary.spanCount,
      errorSpanCount: summary.errorCount,
      services: summary.services.map(({ name, spanCount, errorCount }) => ({
        name,
        spanCount,
        errorSpanCount: errorCount,
      })),
    })),
  });
}

function search(traces: TraceReader, context: Context): Promise<TraceCursor[]> {
  const depth =
    parameter(context, "query.searchDepth") ?? parameter(context, "query.numTraces") ?? String(DEFAULT_SEARCH_DEPTH);
  if (!/^\d+$/.test(depth))
    throw badParameter(`malformed parameter query.search_depth: ${JSON.stringify(depth)} is not a number`);
  return traces.search(filterOf(context), Math.min(Number(depth) || DEFAULT_SEARCH_DEPTH, MAX_SEARCH_DEPTH));
}

function filterOf(context: Context): SpanFilter {
  const filter: SpanFilter = {
    window: windowOf(timestamp(context, "query.startTimeMin"), timestamp(context, "query.startTimeMax")),
    service: parameter(context, "query.serviceName"),
    operation: parameter(context, "query.operationName"),
    minDurationNanos: durationNanos(parameter(context, "query.durationMin"), "query.duration_min"),
    maxDurationNanos: durationNanos(parameter(context, "query.durationMax"), "query.duration_max"),
  };
  return withTags(filter, attributesOf(parameter(context, "query.attributes")));
}

function attributesOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text) as object).map(([key, value]) => [key, String(value)]));
  } catch {
    throw badParameter(`malformed parameter query.attributes: ${text}`);
  }
}

/** Nanoseconds of an RFC 3339 time with up to nine digits of fraction. */
function timestamp(context: Context, name: string): bigint {
  const text = parameter(context, name);
  if (text === undefined) throw badParameter(`${snakeCase(name)} is required`);
  const [, whole = "", fraction = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${whole}${zone}`);
  if (Number.isNaN(milliseconds))
    throw badParameter(`malformed parameter ${snakeCase(name)}: parsing time ${JSON.stringify(text)}`);
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** Parameters may be spelled in camelCase or snake_case. */
function parameter(context: Context, name: string): string | undefined {
  return context.req.query(name) || context.req.query(snakeCase(name)) || undefined;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function result(context: Context, resourceSpans: readonly JsonResourceSpans[]): Response {
  if (resourceSpans.length === 0) return failure(context, 404, "No traces found");
  return context.json({ result: { resourceSpans } });
}

function failure(context: Context, httpCode: 400 | 404 | 500, message: string): Response {
  return context.json({ error: { httpCode, message } }, httpCode);
}
