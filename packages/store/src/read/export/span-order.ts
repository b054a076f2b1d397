import type { EngineClient } from "../../engine/engine-client.ts";
import { NEARBY } from "../../schema/traces.ts";
import { HOUR, type KeyColumn, type OrderedTable, textColumn, TIMESTAMP } from "./key-pages.ts";

const SERVICE = textColumn("ServiceName");
const NAME = textColumn("SpanName");
const TIME_NEARBY: KeyColumn = { sql: NEARBY, select: `toUInt32(${NEARBY})`, value: "toDateTime({:UInt32})" };

/** The table of spans in the order that it was made with, which is that of its first program (docs/adr/0025-spans-by-time.md). */
export async function spansInOrder(client: EngineClient): Promise<OrderedTable> {
  const keys = await client.rows<readonly [string]>(
    `SELECT sorting_key FROM system.tables
     WHERE database = currentDatabase() AND name IN ('otel_traces', 'otel_traces_local') AND sorting_key != ''`,
  );
  const isByTime = keys.every(([key]) => key.includes("toStartOfInterval"));
  return {
    name: "otel_traces",
    key: isByTime ? [HOUR, SERVICE, TIME_NEARBY, NAME, TIMESTAMP] : [HOUR, SERVICE, NAME, TIMESTAMP],
    ties: "TraceId, SpanId, cityHash64(SpanKind, Duration, StatusMessage, SpanAttributes, ResourceAttributes, ScopeName)",
    isHourly: true,
  };
}
