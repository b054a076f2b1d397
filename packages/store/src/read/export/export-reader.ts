/** Everything that is stored of a signal, as it came in, request by request in OTLP/JSON. */
import type { Signal } from "@clew/otlp";
import type { EngineClient } from "../../engine/engine-client.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";
import { LOG_SELECT, logOf } from "../log-reader.ts";
import { RESOURCE_COLUMN_COUNT, type ResourceRow } from "../resource-rows.ts";
import { resourceSpansOf, SPAN_SELECT, type JsonResourceSpans } from "../span-rows.ts";
import { idList, isOfTraces, TraceReader } from "../trace-reader.ts";
import { resourceLogsOf } from "./log-json.ts";
import { PointPages } from "./point-pages.ts";
import { TimeSlices, type Piece, type PieceLimits, type SlicedTable } from "./time-slices.ts";

/** What is wanted; all of it where nothing is said. */
export interface ExportFilter {
  readonly window?: TimeWindow | undefined;
  /** Spans and log records of these traces alone; hexadecimal. */
  readonly traceIds?: readonly string[] | undefined;
}

/** A request in OTLP/JSON: `{resourceSpans}`, `{resourceLogs}` or `{resourceMetrics}`. */
export type JsonRequest = Readonly<Record<string, readonly object[]>>;

/** Small, so that what else the program does waits for a few dozen milliseconds at most while a piece is written out. */
const LIMITS: PieceLimits = { rows: 2_000, bytes: 1024 * 1024 };
const SPANS: SlicedTable = { name: "otel_traces", isHourly: true, bytes: "byteSize(*)" };
const LOGS: SlicedTable = { name: "otel_logs", isHourly: true, bytes: "byteSize(*)" };
const SPAN_ORDER =
  "Timestamp, TraceId, SpanId, cityHash64(SpanName, SpanKind, Duration, StatusMessage, SpanAttributes, ResourceAttributes, ScopeName)";
const LOG_ORDER =
  "Timestamp, cityHash64(TraceId, SpanId, Body, BodyType, SeverityText, SeverityNumber, EventName, ObservedTimestamp, LogAttributes, ResourceAttributes, ScopeName)";
const TRACES_A_PAGE = 500;
/** Of so many spans are whole traces read at once, unless one trace has more. */
const SPANS_AT_ONCE = 20_000;

/** Reads page by page, of which each fits into memory. Every method rejects with the engine's error where the engine refuses. */
export class ExportReader {
  readonly #client: EngineClient;
  readonly #limits: PieceLimits;

  constructor(client: EngineClient, limits: PieceLimits = LIMITS) {
    this.#client = client;
    this.#limits = limits;
  }

  /** From the oldest to the newest; the same data gives the same requests. */
  requests(signal: Signal, filter: ExportFilter = {}): AsyncGenerator<JsonRequest> {
    if (signal === "traces") return this.#spans(filter);
    return signal === "logs" ? this.#logs(filter) : new PointPages(this.#client, this.#limits).requests(filter.window);
  }

  /** Whole traces that have a span in the window, the newest first; one of very many spans is cut, and says so. */
  async *wholeTraces({ window, traceIds }: ExportFilter = {}): AsyncGenerator<{
    traceId: string;
    resourceSpans: JsonResourceSpans[];
    truncated: boolean;
  }> {
    const reader = new TraceReader(this.#client);
    if (traceIds !== undefined) {
      for (const traceId of traceIds) yield* await reader.traces([traceId]);
      return;
    }
    const searched = await this.#searched(window);
    if (searched === undefined) return;
    for (let after, isFull = true; isFull;) {
      const page = await reader.search({ window: searched }, TRACES_A_PAGE, after);
      const ids = page.map(({ traceId }) => traceId);
      for (const some of inPortions(await reader.summaries(ids, searched))) yield* await reader.traces(some);
      after = page.at(-1);
      isFull = page.length === TRACES_A_PAGE;
    }
  }

  /** The part of the window in which there are spans: a search reads step by step. */
  async #searched(window: TimeWindow | undefined): Promise<TimeWindow | undefined> {
    const bounds = await this.#slices(SPANS, {}).bounds();
    if (bounds === undefined || window === undefined) return bounds;
    const startUnixNano = bounds.startUnixNano > window.startUnixNano ? bounds.startUnixNano : window.startUnixNano;
    const endUnixNano = bounds.endUnixNano < window.endUnixNano ? bounds.endUnixNano : window.endUnixNano;
    return startUnixNano < endUnixNano ? { startUnixNano, endUnixNano } : undefined;
  }

  async *#spans(filter: ExportFilter): AsyncGenerator<JsonRequest> {
    for await (const rows of this.#pages(SPANS, filter, SPAN_SELECT, SPAN_ORDER))
      yield { resourceSpans: resourceSpansOf(rows) };
  }

  async *#logs(filter: ExportFilter): AsyncGenerator<JsonRequest> {
    for await (const rows of this.#pages(LOGS, filter, LOG_SELECT, LOG_ORDER)) {
      const records = rows.map((row) => ({
        row: row.slice(0, RESOURCE_COLUMN_COUNT) as unknown as ResourceRow,
        item: logOf(row),
      }));
      yield { resourceLogs: resourceLogsOf(records) };
    }
  }

  async *#pages(
    table: SlicedTable,
    filter: ExportFilter,
    select: string,
    order: string,
  ): AsyncGenerator<(readonly unknown[])[]> {
    for await (const piece of this.#slices(table, filter).pieces(filter.window))
      yield await this.#client.rows(pieceQuery(select, table.name, piece, order), piece.parameters);
  }

  #slices(table: SlicedTable, { traceIds }: ExportFilter): TimeSlices {
    return new TimeSlices(this.#client, table, this.#limits, () => {
      if (traceIds === undefined) return new Conditions();
      return new Conditions().add(table === SPANS ? isOfTraces(traceIds) : `TraceId IN (${idList(traceIds)})`);
    });
  }
}

export function pieceQuery(select: string, table: string, { where, limit, offset }: Piece, order: string): string {
  return `SELECT ${select} FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`;
}

function* inPortions(
  summaries: readonly { readonly traceId: string; readonly spanCount: number }[],
): Generator<string[]> {
  let portion: string[] = [];
  let spans = 0;
  for (const { traceId, spanCount } of summaries) {
    if (portion.length > 0 && spans + spanCount > SPANS_AT_ONCE) {
      yield portion;
      portion = [];
      spans = 0;
    }
    portion.push(traceId);
    spans += spanCount;
  }
  if (portion.length > 0) yield portion;
}
