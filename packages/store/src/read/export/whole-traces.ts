/** All traces, each with its every span, hour by hour. */
import type { EngineClient } from "../../engine/engine-client.ts";
import { isDateTime, type TimeWindow } from "../conditions.ts";
import type { JsonResourceSpans } from "../span-rows.ts";
import { idList, isOfTraces, TraceReader } from "../trace-reader.ts";

export interface WholeTrace {
  readonly traceId: string;
  readonly resourceSpans: JsonResourceSpans[];
  /** Whether it has more spans than these. */
  readonly truncated: boolean;
}

/** So many ids fit into a statement, which names each twice. */
const TRACES_A_PAGE = 2_500;
/** Of so many spans are traces read at once, unless one trace has more. */
const SPANS_AT_ONCE = 20_000;
const NANOS_PER_SECOND = 1_000_000_000n;

/** Reads them by the table that has the hours of each trace: none is looked for, and a page of them is one portion of its hour. */
export class WholeTraces {
  readonly #client: EngineClient;
  readonly #reader: TraceReader;

  constructor(client: EngineClient) {
    this.#client = client;
    this.#reader = new TraceReader(client);
  }

  /** Those that have a span in the window, by the newest hour of it in which they have one, the newest hours first. */
  async *within(window: TimeWindow | undefined): AsyncGenerator<WholeTrace> {
    const hours = await this.#hours(window);
    const [newest] = hours;
    for (const hour of hours) {
      for (let ids = await this.#idsOf(hour, ""); ids.length > 0; ids = await this.#idsOf(hour, ids.at(-1)!)) {
        const newer = await this.#withLaterHours(ids, hour, newest!);
        const own = ids.filter((id) => !newer.has(id));
        for await (const trace of this.#read(own)) if (hasSpanIn(trace.resourceSpans, window)) yield trace;
      }
    }
  }

  async *named(traceIds: readonly string[], window: TimeWindow | undefined): AsyncGenerator<WholeTrace> {
    for (const traceId of traceIds)
      for (const trace of await this.#reader.traces([traceId])) if (hasSpanIn(trace.resourceSpans, window)) yield trace;
  }

  /** In seconds since the epoch, the newest first. */
  async #hours(window: TimeWindow | undefined): Promise<number[]> {
    const conditions = ["1"];
    if (window !== undefined && isDateTime(window.startUnixNano))
      conditions.push(`Hour >= ${hourOf(window.startUnixNano)}`);
    if (window !== undefined && isDateTime(window.endUnixNano))
      conditions.push(`Hour <= ${hourOf(window.endUnixNano)}`);
    const rows = await this.#client.rows<readonly [number]>(
      `SELECT DISTINCT toUInt32(Hour) AS seconds FROM otel_traces_trace_id_ts WHERE ${conditions.join(" AND ")} ORDER BY seconds DESC`,
    );
    return rows.map(([hour]) => hour);
  }

  /** The next ones behind `after`, in the order of the ids. */
  async #idsOf(hour: number, after: string): Promise<string[]> {
    const rows = await this.#client.rows<readonly [string]>(
      `SELECT DISTINCT TraceId FROM otel_traces_trace_id_ts
       WHERE Hour = toDateTime(${hour}) AND TraceId > '${after}' ORDER BY TraceId LIMIT ${TRACES_A_PAGE}`,
    );
    return rows.map(([id]) => id);
  }

  /** Which of them have come with a later hour. */
  async #withLaterHours(ids: readonly string[], hour: number, newest: number): Promise<Set<string>> {
    if (hour === newest) return new Set();
    const rows = await this.#client.rows<readonly [string]>(
      `SELECT DISTINCT TraceId FROM otel_traces_trace_id_ts
       WHERE TraceId IN (${idList(ids)}) AND Hour > toDateTime(${hour}) AND Hour <= toDateTime(${newest})`,
    );
    return new Set(rows.map(([id]) => id));
  }

  async *#read(ids: readonly string[]): AsyncGenerator<WholeTrace> {
    for (const some of inPortions(await this.#spanCounts(ids))) yield* await this.#reader.traces(some);
  }

  async #spanCounts(ids: readonly string[]): Promise<(readonly [id: string, spans: number])[]> {
    if (ids.length === 0) return [];
    const rows = await this.#client.rows<readonly [string, string]>(
      `SELECT TraceId, count() FROM otel_traces WHERE ${isOfTraces(ids)} GROUP BY TraceId ORDER BY TraceId`,
    );
    return rows.map(([id, count]) => [id, Number(count)]);
  }
}

function* inPortions(counts: readonly (readonly [id: string, spans: number])[]): Generator<string[]> {
  let portion: string[] = [];
  let spans = 0;
  for (const [id, count] of counts) {
    if (portion.length > 0 && spans + count > SPANS_AT_ONCE) {
      yield portion;
      portion = [];
      spans = 0;
    }
    portion.push(id);
    spans += count;
  }
  if (portion.length > 0) yield portion;
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

function hourOf(unixNano: bigint): string {
  return `toStartOfHour(toDateTime(${unixNano / NANOS_PER_SECOND}))`;
}
