import type { Signal } from "@clew/otlp";
import type { EngineClient } from "../engine/engine-client.ts";

/** A day of one table; a month of `metric_series`. */
export interface Partition {
  readonly table: string;
  readonly signal: Signal;
  /** As the engine names it. */
  readonly id: string;
  /** When the first moment after it is, in milliseconds since the epoch. */
  readonly endMs: number;
  readonly isDay: boolean;
  readonly bytes: number;
  readonly rows: number;
}

/** Every table that holds telemetry is named here, by the beginning of its name. */
const SIGNAL_OF_TABLE: readonly (readonly [string, Signal])[] = [
  ["otel_traces", "traces"],
  ["span_", "traces"],
  ["service_edges", "traces"],
  ["otel_logs", "logs"],
  ["log_", "logs"],
  ["metric_", "metrics"],
];

export function signalOfTable(table: string): Signal | undefined {
  return SIGNAL_OF_TABLE.find(([start]) => table.startsWith(start))?.[1];
}

/** All that is stored, oldest first. */
export async function partitionsOf(client: EngineClient): Promise<Partition[]> {
  const rows = await client.rows<readonly [string, string, string, string, string]>(
    `SELECT table, partition_id, partition, sum(bytes_on_disk), sum(rows) FROM system.parts
     WHERE active AND database = currentDatabase() GROUP BY table, partition_id, partition`,
  );
  return rows
    .flatMap(([table, id, partition, bytes, count]) => {
      const signal = signalOfTable(table);
      return signal === undefined
        ? []
        : [
            {
              table,
              signal,
              id,
              endMs: endOf(partition),
              isDay: !MONTH.test(partition),
              bytes: Number(bytes),
              rows: Number(count),
            },
          ];
    })
    .sort((a, b) => a.endMs - b.endMs);
}

const MONTH = /^(\d{4})(\d\d)$/;

/** Of `2026-11-27` and of `202611`. */
function endOf(partition: string): number {
  const month = MONTH.exec(partition);
  if (month !== null) return Date.UTC(Number(month[1]), Number(month[2]), 1);
  return Date.parse(`${partition}T00:00:00Z`) + 86_400_000;
}

/** Drops it as a whole, which takes no longer however much there is. */
export async function dropPartition(client: EngineClient, { table, id }: Partition): Promise<void> {
  await client.command(`ALTER TABLE ${table} DROP PARTITION ID '${id.replaceAll("'", "")}'`);
}
