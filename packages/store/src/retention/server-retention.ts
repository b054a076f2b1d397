import type { RollupAges } from "../rollup/resolutions.ts";
import { statementsFor, type Cluster } from "../schema/cluster-statements.ts";
import { ROLLUP_TABLE_NAMES } from "../schema/tables.ts";
import type { RetentionAges } from "./retention-settings.ts";
import { ageOfTable } from "./table-ages.ts";

/** When each row was, as a date with time. */
const TIME_OF_TABLE: Readonly<Record<string, string>> = {
  otel_traces: "toDateTime(Timestamp)",
  otel_traces_trace_id_ts: "Hour",
  span_durations: "Time",
  service_edges: "Time",
  otel_logs: "toDateTime(Timestamp)",
  log_counts: "Time",
  metric_series: "toDateTime(Day) + INTERVAL 1 DAY",
  metric_samples: "toDateTime(Timestamp)",
  metric_histograms: "toDateTime(Timestamp)",
  metric_exponential_histograms: "toDateTime(Timestamp)",
  metric_summaries: "toDateTime(Timestamp)",
  metric_exemplars: "toDateTime(Timestamp)",
  ...Object.fromEntries(ROLLUP_TABLE_NAMES.map((table) => [table, timeOfRollup(table)])),
};

function timeOfRollup(table: string): string {
  if (table === "metric_rollup_days") return "toDateTime(Day) + INTERVAL 1 DAY";
  return table.startsWith("metric_samples_") ? "WindowStart" : "toDateTime(Timestamp)";
}

/**
 * A server removes by itself what is old: whole parts, since the tables say `ttl_only_drop_parts`. Signals that have
 * no age stay as they are on the server, where somebody may have given them one.
 */
export function serverRetention(ages: RetentionAges, rollups: RollupAges, cluster: Cluster | undefined): string[] {
  return Object.entries(TIME_OF_TABLE).flatMap(([table, time]) => {
    const ageMs = ageOfTable(table, ages, rollups);
    if (ageMs === Infinity) return [];
    const seconds = Math.ceil(ageMs / 1_000);
    return statementsFor(`ALTER TABLE ${table} MODIFY TTL ${time} + INTERVAL ${seconds} SECOND`, cluster);
  });
}
