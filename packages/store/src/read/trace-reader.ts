import type { EngineClient } from "../engine/engine-client.ts";
import { SPAN_KIND_NAMES, STATUS_CODE_NAMES } from "../transcode/spans.ts";
import { HAS_ANYTHING } from "../schema/rare-columns.ts";
import { DURATION } from "../schema/traces.ts";
import { Conditions, isInIndex, type AttributeFilter, type TimeWindow } from "./conditions.ts";
import { INDEX_FIRST, PLACES_AT_ONCE } from "./query-settings.ts";
import { newestFirst } from "./slices.ts";
import {
  numberOf,
  resourceSpansOf,
  SPAN_SELECT,
  sortedOnce,
  SpanSelect,
  traceIdOf,
  type JsonResourceSpans,
  type SpanRow,
} from "./span-rows.ts";

/** A trace with more spans is cut, and says so. */
export const MAX_SPANS_PER_TRACE = 200_000;
/** Traces that a search found may reach beyond its window by this much. */
const SUMMARY_MARGIN_NANOS = 3_600_000_000_000n;

const OF_TRACES = `SETTINGS ${INDEX_FIRST}, ${PLACES_AT_ONCE}`;

const IN_NO_ORDER = `LIMIT ${MAX_SPANS_PER_TRACE + 1}`;
const FIRST_OF_EACH = `ORDER BY TraceId, Timestamp, SpanId, SpanKind LIMIT ${MAX_SPANS_PER_TRACE + 1} BY TraceId`;

/** Which spans a search wants; a trace is found if one of its spans meets all. */
export interface SpanFilter {
  readonly window: TimeWindow;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  /** 0–5, as OTLP numbers span kinds. */
  readonly kind?: number | undefined;
  readonly minDurationNanos?: bigint | undefined;
  readonly maxDurationNanos?: bigint | undefined;
  readonly errorsOnly?: boolean | undefined;
  readonly attributes?: readonly AttributeFilter[] | undefined;
}

/** Where a page of traces ends: when the last trace's first matching span started, and its id. */
export interface TraceCursor {
  readonly timeUnixNano: bigint;
  readonly traceId: string;
}

export interface WholeTrace {
  readonly traceId: string;
  readonly resourceSpans: JsonResourceSpans[];
  /** Whether it has more spans than `MAX_SPANS_PER_TRACE`, and is cut. */
  readonly truncated: boolean;
}

export interface TraceSummary {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootOperation: string;
  readonly startUnixNano: string;
  readonly durationNanos: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[];
}

export interface Operation {
  readonly name: string;
  /** 0–5, as OTLP numbers span kinds. */
  readonly kind: number;
}

/** A span without its attributes, as a waterfall needs it. */
export interface SkeletonSpan {
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly status: number;
  readonly startUnixNano: bigint;
  readonly durationNanos: bigint;
  /** Nanoseconds since the span's start, one for each event. */
  readonly eventOffsets: readonly number[];
  readonly linkCount: number;
}

/** Answers questions about traces. Every method rejects with the engine's error where the engine refuses. */
export class TraceReader {
  readonly #client: EngineClient;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** Names of services that sent spans, sorted. */
  async services(window?: TimeWindow): Promise<string[]> {
    const conditions = new Conditions().add("ServiceName != ''");
    if (window !== undefined) conditions.withinHours(window);
    const rows = await this.#client.rows<readonly [string]>(
      `SELECT DISTINCT ServiceName FROM otel_traces WHERE ${conditions.where} ORDER BY ServiceName`,
      conditions.parameters,
    );
    return rows.map(([name]) => name);
  }

  async operations(service: string, kind?: number): Promise<Operation[]> {
    const conditions = new Conditions().add("ServiceName = {:String}", service);
    if (kind !== undefined) conditions.add("SpanKind = {:String}", SPAN_KIND_NAMES[kind] ?? String(kind));
    const rows = await this.#client.rows<readonly [string, string]>(
      `SELECT DISTINCT SpanName, SpanKind FROM otel_traces WHERE ${conditions.where} ORDER BY SpanName, SpanKind LIMIT 10000`,
      conditions.parameters,
    );
    return rows.map(([name, kindName]) => ({ name, kind: numberOf(SPAN_KIND_NAMES, kindName) }));
  }

  /** Traces with their every span in OTLP/JSON, in the order of `traceIds`; ids that are unknown are left out. */
  async traces(traceIds: readonly string[]): Promise<WholeTrace[]> {
    const places = await this.#placesOf(traceIds);
    if (places === undefined) return [];
    return tracesOf(await this.#spansWhere(places.condition, places.has, OF_TRACES), traceIds);
  }

  /** The same, where a condition in SQL says which spans are read: all of these traces, and maybe others'. */
  async tracesWhere(condition: string, traceIds: readonly string[]): Promise<WholeTrace[]> {
    return tracesOf(await this.#spansWhere(`WHERE ${condition}`, HAS_ANYTHING), traceIds);
  }

  /** Where spans of these traces are, and the groups of rare columns that they have; undefined where none of them is known. */
  async #placesOf(traceIds: readonly string[]): Promise<{ condition: string; has: number } | undefined> {
    if (traceIds.length === 0) return undefined;
    const ids = idList(traceIds);
    const rows = await this.#client.rows<readonly [number, number]>(
      `SELECT toUnixTimestamp(Hour), Has FROM otel_traces_trace_id_ts WHERE TraceId IN (${ids}) SETTINGS max_threads = 1`,
    );
    if (rows.length === 0) return undefined;
    const hours = [...new Set(rows.map(([hour]) => `toDateTime(${hour})`))].join(", ");
    const condition = `PREWHERE TraceId IN (${ids}) AND toStartOfHour(Timestamp) IN (${hours})`;
    return { condition, has: rows.reduce((all, row) => all | row[1], 0) };
  }

  /**
   * Rows in no order, and some of them twice. The engine is asked for no more than that: each thing more takes it a tenth longer. Only
   * where there are too many does it choose the first of each trace.
   * `has`: the groups of rare columns that the spans have, as far as is known. Those that came since are seen by their own.
   */
  async #spansWhere(condition: string, has: number, settings = "", tail = IN_NO_ORDER): Promise<SpanRow[]> {
    const select = new SpanSelect(has);
    const rows = await this.#client.rows<readonly unknown[]>(
      `SELECT ${select.sql}, Has FROM otel_traces ${condition} ${tail} ${settings}`,
    );
    const found = rows.reduce((all, row) => all | (row.at(-1) as number), has);
    if (found !== has) return this.#spansWhere(condition, found, settings, tail);
    if (tail === IN_NO_ORDER && rows.length > MAX_SPANS_PER_TRACE)
      return this.#spansWhere(condition, has, settings, FIRST_OF_EACH);
    return rows.map((row) => select.whole(row));
  }

  /** One span with everything, undefined where it is unknown. */
  async span(traceId: string, spanId: string): Promise<JsonResourceSpans | undefined> {
    const places = await this.#placesOf([traceId]);
    if (places === undefined) return undefined;
    const rows = await this.#client.rows<SpanRow>(
      `SELECT ${SPAN_SELECT} FROM otel_traces ${places.condition} AND SpanId = {spanId:String} LIMIT 1 ${OF_TRACES}`,
      { spanId },
    );
    return resourceSpansOf(rows)[0];
  }

  /** A trace's spans without attributes, by start time. Empty where the trace is unknown. */
  async skeleton(traceId: string): Promise<SkeletonSpan[]> {
    const places = await this.#placesOf([traceId]);
    if (places === undefined) return [];
    const rows = await this.#client.rows<
      readonly [string, string, string, string, string, string, string, string, string[], string]
    >(
      `SELECT SpanId, ParentSpanId, ServiceName, SpanName, SpanKind, StatusCode, toUnixTimestamp64Nano(Timestamp), ${DURATION},
         arrayMap(t -> toUnixTimestamp64Nano(t) - toUnixTimestamp64Nano(Timestamp), Events.Timestamp), length(Links.SpanId)
       FROM otel_traces ${places.condition}
       ORDER BY Timestamp, SpanId LIMIT 1 BY SpanId, SpanKind, Timestamp LIMIT ${MAX_SPANS_PER_TRACE} ${OF_TRACES}`,
    );
    return rows.map(
      ([spanId, parentSpanId, service, name, kind, status, start, duration, eventOffsets, linkCount]) => ({
        spanId,
        parentSpanId,
        service,
        name,
        kind: numberOf(SPAN_KIND_NAMES, kind),
        status: numberOf(STATUS_CODE_NAMES, status),
        startUnixNano: BigInt(start),
        durationNanos: BigInt(duration),
        eventOffsets: eventOffsets.map(Number),
        linkCount: Number(linkCount),
      }),
    );
  }

  /** Ids of traces by the start of their first matching span, newest first; `after` continues behind an earlier page. */
  async search(filter: SpanFilter, limit: number, after?: TraceCursor): Promise<TraceCursor[]> {
    const found: TraceCursor[] = [];
    const { startUnixNano, endUnixNano } = filter.window;
    const end = after !== undefined && after.timeUnixNano < endUnixNano ? after.timeUnixNano + 1n : endUnixNano;
    const isIndexed = filter.attributes?.some(isInIndex) === true;
    for (const slice of newestFirst({ startUnixNano, endUnixNano: end }, () => isIndexed && found.length === 0)) {
      let last = after;
      for (let isFull = true; isFull && found.length < limit;) {
        const wanted = Math.floor(limit) - found.length;
        const page = await this.#firstMatches({ ...filter, window: slice }, wanted, last);
        found.push(...(await this.#withoutEarlier(page, filter, slice)));
        isFull = page.length === wanted;
        last = page.at(-1);
      }
      if (found.length >= limit) break;
    }
    return found;
  }

  async #firstMatches(filter: SpanFilter, limit: number, after: TraceCursor | undefined): Promise<TraceCursor[]> {
    const conditions = spanConditions(filter);
    const having =
      after === undefined
        ? ""
        : `HAVING (first, TraceId) < (toInt64(${after.timeUnixNano}), ${idList([after.traceId])})`;
    const rows = await this.#client.rows<readonly [string, string]>(
      `SELECT TraceId, min(toUnixTimestamp64Nano(Timestamp)) AS first FROM otel_traces
       WHERE ${conditions.where} GROUP BY TraceId ${having} ORDER BY first DESC, TraceId DESC LIMIT ${limit}`,
      conditions.parameters,
    );
    return rows.map(([traceId, first]) => ({ traceId, timeUnixNano: BigInt(first) }));
  }

  /** Those that have no match in the window before the slice: the others belong to an older slice. */
  async #withoutEarlier(found: readonly TraceCursor[], filter: SpanFilter, slice: TimeWindow): Promise<TraceCursor[]> {
    const before = { startUnixNano: filter.window.startUnixNano, endUnixNano: slice.startUnixNano };
    if (found.length === 0 || before.startUnixNano >= before.endUnixNano) return [...found];
    const conditions = spanConditions({ ...filter, window: before }).add(isOfTraces(found.map((one) => one.traceId)));
    const rows = await this.#client.rows<readonly [string]>(
      `SELECT DISTINCT TraceId FROM otel_traces WHERE ${conditions.where}`,
      conditions.parameters,
    );
    const earlier = new Set(rows.map(([traceId]) => traceId));
    return found.filter(({ traceId }) => !earlier.has(traceId));
  }

  /** What each trace is about, in the order of `traceIds`. `window` bounds what is read; a margin is added. */
  async summaries(traceIds: readonly string[], window: TimeWindow): Promise<TraceSummary[]> {
    if (traceIds.length === 0) return [];
    const conditions = new Conditions().add(isOfTraces(traceIds)).withinHours({
      startUnixNano: window.startUnixNano - SUMMARY_MARGIN_NANOS,
      endUnixNano: window.endUnixNano + SUMMARY_MARGIN_NANOS,
    });
    const rows = await this.#client.rows<readonly [string, string, string, string, string, [string, string, string][]]>(
      `SELECT TraceId,
         argMin(root.1, (root.3, start)) AS rootService,
         argMin(root.2, (root.3, start)) AS rootOperation,
         min(start) AS first, max(finish) - min(start) AS duration,
         groupArray((ServiceName, spans, errors)) AS services
       FROM (
         SELECT TraceId, ServiceName, count() AS spans, countIf(StatusCode = 'Error') AS errors,
           min(toUnixTimestamp64Nano(Timestamp)) AS start,
           max(toUnixTimestamp64Nano(Timestamp) + toInt64(${DURATION})) AS finish,
           argMin((ServiceName, SpanName, ParentSpanId != ''), (ParentSpanId != '', Timestamp)) AS root
         FROM otel_traces WHERE ${conditions.where} GROUP BY TraceId, ServiceName
       ) GROUP BY TraceId`,
      conditions.parameters,
    );
    const byId = new Map(rows.map((row) => [row[0], summaryOf(row)]));
    return traceIds.flatMap((traceId) => byId.get(traceId) ?? []);
  }
}

function tracesOf(rows: readonly SpanRow[], traceIds: readonly string[]): WholeTrace[] {
  const byTrace = new Map<string, SpanRow[]>();
  for (const row of sortedOnce(rows)) {
    const traceId = traceIdOf(row);
    const list = byTrace.get(traceId);
    if (list === undefined) byTrace.set(traceId, [row]);
    else list.push(row);
  }
  return traceIds.flatMap((traceId) => {
    const spans = byTrace.get(traceId);
    if (spans === undefined) return [];
    const truncated = spans.length > MAX_SPANS_PER_TRACE;
    return [{ traceId, resourceSpans: resourceSpansOf(spans.slice(0, MAX_SPANS_PER_TRACE)), truncated }];
  });
}

function summaryOf([traceId, rootService, rootOperation, first, duration, services]: readonly [
  string,
  string,
  string,
  string,
  string,
  [string, string, string][],
]): TraceSummary {
  const parts = services
    .map(([name, spanCount, errorCount]) => ({ name, spanCount: Number(spanCount), errorCount: Number(errorCount) }))
    .sort((a, b) => b.spanCount - a.spanCount || (a.name < b.name ? -1 : 1));
  return {
    traceId,
    rootService,
    rootOperation,
    startUnixNano: first,
    durationNanos: duration,
    spanCount: parts.reduce((total, part) => total + part.spanCount, 0),
    errorCount: parts.reduce((total, part) => total + part.errorCount, 0),
    services: parts,
  };
}

function spanConditions(filter: SpanFilter): Conditions {
  const conditions = new Conditions().withinHours(filter.window).add("TraceId != ''");
  if (filter.service !== undefined) conditions.add("ServiceName = {:String}", filter.service);
  if (filter.operation !== undefined) conditions.add("SpanName = {:String}", filter.operation);
  if (filter.kind !== undefined)
    conditions.add("SpanKind = {:String}", SPAN_KIND_NAMES[filter.kind] ?? String(filter.kind));
  if (filter.minDurationNanos !== undefined) conditions.add(`${DURATION} >= ${filter.minDurationNanos}`);
  if (filter.maxDurationNanos !== undefined) conditions.add(`${DURATION} <= ${filter.maxDurationNanos}`);
  if (filter.errorsOnly === true) conditions.add("StatusCode = 'Error'");
  for (const attribute of filter.attributes ?? [])
    conditions.attribute(attribute, ["SpanAttributes", "ResourceAttributes"], true);
  return conditions;
}

/** A condition that only spans of these traces meet, with the hours in which they have any. */
export function isOfTraces(traceIds: readonly string[]): string {
  const ids = idList(traceIds);
  return `TraceId IN (${ids}) AND toStartOfHour(Timestamp) IN (SELECT Hour FROM otel_traces_trace_id_ts WHERE TraceId IN (${ids}))`;
}

/** Ids as SQL literals: only hexadecimal digits get through. */
export function idList(ids: readonly string[]): string {
  return ids.map((id) => `'${id.toLowerCase().replaceAll(/[^0-9a-f]/g, "")}'`).join(", ");
}
