/** Everything that is stored of a signal, as it came in, request by request in OTLP/JSON. */
import type { Signal } from "@clew/otlp";
import type { EngineClient } from "../../engine/engine-client.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";
import { LOG_SELECT, logOf } from "../log-reader.ts";
import { RESOURCE_COLUMN_COUNT, type ResourceRow } from "../resource-rows.ts";
import { resourceSpansOf, SPAN_SELECT, type JsonResourceSpans } from "../span-rows.ts";
import { idList, isOfTraces, TraceReader, type WholeTrace } from "../trace-reader.ts";
import { resourceLogsOf } from "./log-json.ts";
import { PointPages } from "./point-pages.ts";
import { spansInOrder } from "./span-order.ts";
import { wholeTraces } from "./whole-traces.ts";
import { HOUR, KeyPages, textColumn, TIMESTAMP, type OrderedTable, type PageLimits } from "./key-pages.ts";

/** What is wanted; all of it where nothing is said. */
export interface ExportFilter {
  readonly window?: TimeWindow | undefined;
  /** Spans and log records of these traces alone; hexadecimal. */
  readonly traceIds?: readonly string[] | undefined;
}

/** A request in OTLP/JSON: `{resourceSpans}`, `{resourceLogs}` or `{resourceMetrics}`. */
export type JsonRequest = Readonly<Record<string, readonly object[]>>;

/** Small, so that what else the program does waits for a few dozen milliseconds at most while a page is written out. */
const LIMITS: PageLimits = { rows: 2_000, bytes: 1024 * 1024 };
const LOGS: OrderedTable = {
  name: "otel_logs",
  key: [HOUR, textColumn("ServiceName"), TIMESTAMP],
  ties: "cityHash64(TraceId, SpanId, Body, BodyType, SeverityText, SeverityNumber, EventName, ObservedTimestamp, LogAttributes, ResourceAttributes, ScopeName)",
  isHourly: true,
};

/** Reads page by page, of which each fits into memory. Every method rejects with the engine's error where the engine refuses. */
export class ExportReader {
  readonly #client: EngineClient;
  readonly #limits: PageLimits;

  constructor(client: EngineClient, limits: PageLimits = LIMITS) {
    this.#client = client;
    this.#limits = limits;
  }

  /** Hour by hour, and there service by service; data points by kind, then day by day, and there series by series. */
  requests(signal: Signal, filter: ExportFilter = {}): AsyncGenerator<JsonRequest> {
    if (signal === "traces") return this.#spans(filter);
    return signal === "logs" ? this.#logs(filter) : new PointPages(this.#client, this.#limits).requests(filter.window);
  }

  /** Whole traces that have a span in the window, the newest first; one of very many spans is cut, and says so. */
  async *wholeTraces({ window, traceIds }: ExportFilter = {}): AsyncGenerator<WholeTrace> {
    if (traceIds !== undefined) {
      const reader = new TraceReader(this.#client);
      for (const traceId of traceIds)
        for (const trace of await reader.traces([traceId])) if (hasSpanIn(trace.resourceSpans, window)) yield trace;
      return;
    }
    const searched = await this.#searched(window);
    if (searched !== undefined) yield* wholeTraces(this.#client, searched);
  }

  /** The part of the window in which there are spans: slices are of its hours. */
  async #searched(window: TimeWindow | undefined): Promise<TimeWindow | undefined> {
    const bounds = await this.#pagesOf(await spansInOrder(this.#client), {}).bounds();
    if (bounds === undefined || window === undefined) return bounds;
    const startUnixNano = bounds.startUnixNano > window.startUnixNano ? bounds.startUnixNano : window.startUnixNano;
    const endUnixNano = bounds.endUnixNano < window.endUnixNano ? bounds.endUnixNano : window.endUnixNano;
    return startUnixNano < endUnixNano ? { startUnixNano, endUnixNano } : undefined;
  }

  async *#spans(filter: ExportFilter): AsyncGenerator<JsonRequest> {
    const table = await spansInOrder(this.#client);
    for await (const rows of this.#pagesOf(table, filter).pages(SPAN_SELECT, filter.window))
      yield { resourceSpans: resourceSpansOf(rows) };
  }

  async *#logs(filter: ExportFilter): AsyncGenerator<JsonRequest> {
    for await (const rows of this.#pagesOf(LOGS, filter).pages(LOG_SELECT, filter.window)) {
      const records = rows.map((row) => ({
        row: row.slice(0, RESOURCE_COLUMN_COUNT) as unknown as ResourceRow,
        item: logOf(row),
      }));
      yield { resourceLogs: resourceLogsOf(records) };
    }
  }

  #pagesOf(table: OrderedTable, { traceIds }: ExportFilter): KeyPages {
    return new KeyPages(this.#client, table, this.#limits, () => {
      if (traceIds === undefined) return new Conditions();
      return new Conditions().add(table === LOGS ? `TraceId IN (${idList(traceIds)})` : isOfTraces(traceIds));
    });
  }
}

function hasSpanIn(resourceSpans: readonly JsonResourceSpans[], window: TimeWindow | undefined): boolean {
  if (window === undefined) return true;
  return resourceSpans.some(({ scopeSpans }) =>
    scopeSpans.some(({ spans }) =>
      spans.some(({ startTimeUnixNano }) => {
        // As the store has it, in 64 bits with a sign.
        const start = BigInt.asIntN(64, BigInt(startTimeUnixNano));
        return start >= window.startUnixNano && start < window.endUnixNano;
      }),
    ),
  );
}
