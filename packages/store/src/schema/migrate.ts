import type { EngineClient } from "../engine/engine-client.ts";
import { LOGS_TABLE } from "./logs.ts";
import { METRIC_TABLES } from "./metrics.ts";
import { TRACE_STATEMENTS } from "./traces.ts";

/** Makes the tables that are missing. */
export async function migrate(client: EngineClient): Promise<void> {
  for (const statement of [...TRACE_STATEMENTS, LOGS_TABLE, ...METRIC_TABLES]) await client.command(statement);
}
