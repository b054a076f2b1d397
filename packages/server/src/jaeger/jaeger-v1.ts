/** Jaeger's first HTTP API, which Grafana and scripts call: `/api/services`, `/api/traces` and their kin. */
import { ClewError, messageOf, type Clock } from "@clew/base";
import type { OverviewReader, SpanFilter, TraceReader } from "@clew/store";
import { Hono, type Context } from "hono";
import { jaegerTrace, type JaegerTrace } from "./jaeger-trace.ts";
import { badParameter, durationNanos, kindName, kindNumber, windowOf, withTags } from "./span-filter.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_500;
const DEFAULT_LOOKBACK_NANOS = 48n * 3_600_000_000_000n;
const DEFAULT_DEPENDENCY_LOOKBACK_MS = 86_400_000;
const TRACE_ID = /^[0-9a-fA-F]{1,32}$/;

export interface JaegerSettings {
  readonly traces: TraceReader;
  readonly overview: OverviewReader;
  readonly clock: Clock;
}

export function jaegerV1({ traces, overview, clock }: JaegerSettings): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    const isClients = error instanceof ClewError && error.code === "QUERY_BAD_PARAMETER";
    return failure(context, isClients ? 400 : 500, error instanceof ClewError ? error.what : messageOf(error));
  });
  app.get("/api/services", async (context) => success(context, await traces.services()));
  app.get("/api/services/:service/operations", async (context) => {
    const operations = await traces.operations(context.req.param("service"));
    return success(context, [...new Set(operations.map(({ name }) => name))]);
  });
  app.get("/api/operations", async (context) => {
    const service = context.req.query("service");
    if (service === undefined || service === "") throw badParameter("parameter 'service' is required");
    const operations = await traces.operations(service, kindNumber(context.req.query("spanKind") ?? ""));
    return success(
      context,
      operations.map(({ name, kind }) => ({ name, spanKind: kindName(kind) })),
    );
  });
  app.get("/api/traces", async (context) => {
    const ids = context.req.queries("traceID") ?? [];
    return success(context, await (ids.length > 0 ? tracesById(traces, ids) : search(traces, clock, context)));
  });
  app.get("/api/traces/:traceId", async (context) => {
    const id = context.req.param("traceId");
    if (!TRACE_ID.test(id))
      return failure(context, 400, `cannot parse traceID: ${JSON.stringify(id)} is not a hexadecimal id`);
    const found = await tracesById(traces, [id]);
    return found.length === 0 ? failure(context, 404, "trace not found") : success(context, found);
  });
  app.get("/api/dependencies", async (context) => {
    const endMs = millisOf(context, "endTs") ?? clock.nowMs();
    const lookbackMs = millisOf(context, "lookback") ?? DEFAULT_DEPENDENCY_LOOKBACK_MS;
    const nanos = (ms: number): bigint => BigInt(Math.max(0, ms)) * 1_000_000n;
    const edges = await overview.serviceGraph({ startUnixNano: nanos(endMs - lookbackMs), endUnixNano: nanos(endMs) });
    return success(
      context,
      edges.map(({ client, server, calls }) => ({ parent: client, child: server, callCount: calls })),
    );
  });
  return app;
}

/** Milliseconds in a parameter; undefined where it is absent. */
function millisOf(context: Context, name: string): number | undefined {
  const text = context.req.query(name);
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badParameter(`unable to parse param '${name}': ${JSON.stringify(text)}`);
  return Number(text);
}

async function tracesById(traces: TraceReader, ids: readonly string[]): Promise<JaegerTrace[]> {
  for (const id of ids) if (!TRACE_ID.test(id)) throw badParameter(`cannot parse traceID param: ${JSON.stringify(id)}`);
  const found = await traces.traces(ids.map((id) => id.toLowerCase().padStart(32, "0")));
  return found.map(({ traceId, resourceSpans, truncated }) => jaegerTrace(traceId, resourceSpans, truncated));
}

async function search(traces: TraceReader, clock: Clock, context: Context): Promise<JaegerTrace[]> {
  const { filter, limit } = searchOf(clock, context);
  const cursors = await traces.search(filter, limit);
  return tracesById(
    traces,
    cursors.map(({ traceId }) => traceId),
  );
}

function searchOf(clock: Clock, context: Context): { filter: SpanFilter; limit: number } {
  const query = (name: string): string | undefined => context.req.query(name) || undefined;
  const service = query("service");
  if (service === undefined) throw badParameter("parameter 'service' is required");
  const nowNanos = BigInt(Math.ceil(clock.nowMs())) * 1_000_000n;
  const end = micros(query("end"), "end") ?? nowNanos;
  const start = micros(query("start"), "start") ?? end - DEFAULT_LOOKBACK_NANOS;
  const minDurationNanos = durationNanos(query("minDuration"), "minDuration");
  const maxDurationNanos = durationNanos(query("maxDuration"), "maxDuration");
  if (minDurationNanos !== undefined && maxDurationNanos !== undefined && minDurationNanos > maxDurationNanos) {
    throw badParameter("'maxDuration' should be greater than 'minDuration'");
  }
  const filter: SpanFilter = {
    window: windowOf(start, end),
    service,
    operation: query("operation"),
    minDurationNanos,
    maxDurationNanos,
  };
  return { filter: withTags(filter, tagsOf(context)), limit: limitOf(query("limit")) };
}

/** `tags={"k":"v"}` and any number of `tag=k:v`. */
function tagsOf(context: Context): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const text of context.req.queries("tags") ?? []) {
    try {
      for (const [key, value] of Object.entries(JSON.parse(text) as object)) tags[key] = String(value);
    } catch {
      throw badParameter(`malformed 'tags' parameter, cannot unmarshal JSON: ${text}`);
    }
  }
  for (const pair of context.req.queries("tag") ?? []) {
    const [key = "", ...value] = pair.split(":");
    if (value.length === 0) throw badParameter(`malformed 'tag' parameter, expecting key:value, received: ${pair}`);
    tags[key] = value.join(":");
  }
  return tags;
}

function micros(text: string | undefined, name: string): bigint | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text))
    throw badParameter(
      `unable to parse param '${name}': strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return BigInt(text) * 1_000n;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (!/^\d+$/.test(text))
    throw badParameter(
      `unable to parse param 'limit': strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Math.min(Number(text), MAX_LIMIT);
}

function success(context: Context, data: readonly unknown[]): Response {
  return context.json({ data, total: data.length, limit: 0, offset: 0, errors: null });
}

function failure(context: Context, code: 400 | 404 | 500, msg: string): Response {
  return context.json({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] }, code);
}
