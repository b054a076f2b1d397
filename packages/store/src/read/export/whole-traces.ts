/**
 * Every trace that has a span in a window, whole, the newest first. The window is read in slices of so many spans, from its end:
 * the traces of a slice are those whose first span in the window is there. Each slice costs three statements that say which traces
 * they mean by the slice, and not id by id, and that read the times between which those traces are, not their hours. Only where
 * a slice has very many traces, or meets very large ones, are its traces read in portions by their ids.
 */
import type { EngineClient } from "../../engine/engine-client.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";
import { TraceReader, type WholeTrace } from "../trace-reader.ts";

const SPANS_A_SLICE = 5_000;
/** Of so many spans are whole traces read at once, unless one trace has more. */
const SPANS_AT_ONCE = 20_000;
/** So many ids fit into a statement. */
const TRACES_AT_ONCE = 2_000;
const HOUR_NANOS = 3_600_000_000_000n;
const SECOND_NANOS = 1_000_000_000n;
/** Times that `otel_traces_trace_id_ts` can't tell are looked for everywhere. */
const LAST_SECOND = 4_294_960_000n;
const NANOS = "toUnixTimestamp64Nano(Timestamp)";

interface SizedTrace {
  readonly traceId: string;
  readonly spanCount: number;
  readonly firstUnixNano: bigint;
}

export async function* wholeTraces(client: EngineClient, window: TimeWindow): AsyncGenerator<WholeTrace> {
  const reader = new TraceReader(client);
  for (const slice of await slicesOf(client, window)) {
    const condition = await conditionOf(client, slice);
    if (condition === undefined) continue;
    const { traces, spans } = await tracesOf(client, condition, slice, window);
    const idsOf = (some: readonly SizedTrace[]): string[] => some.map(({ traceId }) => traceId);
    if (spans <= SPANS_AT_ONCE) yield* await reader.tracesWhere(condition, idsOf(traces));
    else for (const portion of inPortions(traces)) yield* await reader.traces(idsOf(portion));
  }
}

/** The newest first. They begin and end with seconds, except at the window's ends. */
async function slicesOf(client: EngineClient, window: TimeWindow): Promise<TimeWindow[]> {
  const hour = `if(${NANOS} < 0, intDiv(${NANOS} + 1, ${HOUR_NANOS}) - 1, intDiv(${NANOS}, ${HOUR_NANOS}))`;
  const rows = await client.rows<readonly [string, string]>(
    `SELECT ${hour} AS hour, count() FROM otel_traces WHERE ${inSlice(window)} GROUP BY hour ORDER BY hour DESC`,
  );
  return rows.flatMap(([index, count]) => {
    const hourUnixNano = BigInt(index) * HOUR_NANOS;
    const parts = Math.min(3_600, Math.ceil(Number(count) / SPANS_A_SLICE));
    const startOf = (part: number): bigint => hourUnixNano + BigInt(Math.floor((3_600 * part) / parts)) * SECOND_NANOS;
    const slices: TimeWindow[] = [];
    for (let part = parts - 1; part >= 0; part--) {
      const startUnixNano = greatest(startOf(part), window.startUnixNano);
      const endUnixNano = least(startOf(part + 1), window.endUnixNano);
      if (startUnixNano < endUnixNano) slices.push({ startUnixNano, endUnixNano });
    }
    return slices;
  });
}

/** What all spans of traces with a span in the slice meet; undefined where there is none. */
async function conditionOf(client: EngineClient, slice: TimeWindow): Promise<string | undefined> {
  const isOfSlice = `TraceId IN (SELECT TraceId FROM otel_traces WHERE ${inSlice(slice)})`;
  const [[count, first, last] = ["0", 0, 0]] = await client.rows<readonly [string, number, number]>(
    `SELECT count(), toUInt32(min(Start)), toUInt32(max(End)) FROM otel_traces_trace_id_ts WHERE ${isOfSlice}`,
  );
  if (count === "0") return undefined;
  const isNear = `${NANOS} >= toInt64(${BigInt(first) * SECOND_NANOS}) AND ${NANOS} < toInt64(${(BigInt(last) + 1n) * SECOND_NANOS})`;
  const isFar = `${NANOS} < 0 OR ${NANOS} >= toInt64(${LAST_SECOND * SECOND_NANOS})`;
  const hours = `toStartOfHour(Timestamp) IN (SELECT Hour FROM otel_traces_trace_id_ts WHERE ${isOfSlice})`;
  return `${isOfSlice} AND ${hours} AND ((${isNear}) OR ${isFar})`;
}

/** The newest first, without those whose first span in the window is before the slice; and how many spans meet the condition. */
async function tracesOf(
  client: EngineClient,
  condition: string,
  slice: TimeWindow,
  window: TimeWindow,
): Promise<{ readonly traces: readonly SizedTrace[]; readonly spans: number }> {
  const rows = await client.rows<readonly [string, string, string]>(
    `SELECT TraceId, count(), minIf(${NANOS}, ${NANOS} >= toInt64('${window.startUnixNano}')) AS first
     FROM otel_traces WHERE ${condition} GROUP BY TraceId ORDER BY first DESC, TraceId DESC`,
  );
  const all = rows.map(([traceId, count, first]) => ({
    traceId,
    spanCount: Number(count),
    firstUnixNano: BigInt(first),
  }));
  return {
    traces: all.filter(({ firstUnixNano }) => firstUnixNano >= slice.startUnixNano),
    spans: all.reduce((sum, { spanCount }) => sum + spanCount, 0),
  };
}

function inSlice({ startUnixNano, endUnixNano }: TimeWindow): string {
  const conditions = new Conditions().add("TraceId != ''");
  conditions.add(`${NANOS} >= toInt64('${startUnixNano}') AND ${NANOS} < toInt64('${endUnixNano}')`);
  // Only where the engine's own times reach, which hours are made of.
  if (startUnixNano >= 0n) conditions.withinHours({ startUnixNano, endUnixNano });
  return conditions.where;
}

function* inPortions(traces: readonly SizedTrace[]): Generator<SizedTrace[]> {
  let portion: SizedTrace[] = [];
  let spans = 0;
  for (const trace of traces) {
    if (portion.length === TRACES_AT_ONCE || (portion.length > 0 && spans + trace.spanCount > SPANS_AT_ONCE)) {
      yield portion;
      portion = [];
      spans = 0;
    }
    portion.push(trace);
    spans += trace.spanCount;
  }
  if (portion.length > 0) yield portion;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function greatest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
