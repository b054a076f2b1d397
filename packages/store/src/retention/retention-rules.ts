import type { EngineClient } from "../engine/engine-client.ts";
import { Conditions } from "../read/conditions.ts";
import type { RetentionRule } from "./retention-settings.ts";

const TABLES = {
  traces: { table: "otel_traces", own: "SpanAttributes" },
  logs: { table: "otel_logs", own: "LogAttributes" },
} as const;

/**
 * Deletes what rules say is too old. The engine rewrites whole parts for that, so it is asked only for days that
 * have something to delete.
 */
export async function applyRules(
  client: EngineClient,
  rules: readonly RetentionRule[],
  nowMs: number,
  report: (line: string) => void,
): Promise<void> {
  for (const rule of rules) {
    const { table, own } = TABLES[rule.signal];
    const before = `Timestamp < fromUnixTimestamp64Milli(toInt64(${Math.floor(nowMs - rule.ageMs)}))`;
    const conditions = new Conditions()
      .add(before)
      .attribute({ key: rule.key, operator: "=", value: rule.value }, [own, "ResourceAttributes"]);
    const [[count] = ["0"]] = await client.rows<readonly [string]>(
      `SELECT count() FROM ${table} WHERE ${conditions.where}`,
      conditions.parameters,
    );
    if (count === "0") continue;
    await client.command(`DELETE FROM ${table} WHERE ${conditions.where}`, conditions.parameters);
    report(
      `Removed ${count} ${rule.signal === "logs" ? "log records" : "spans"} with ${rule.key}="${rule.value}" by their retention.`,
    );
  }
}
