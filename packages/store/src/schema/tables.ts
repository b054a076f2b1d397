import { LOG_STATEMENTS } from "./logs.ts";
import { METRIC_TABLES } from "./metrics.ts";
import { SERVICE_EDGES_TABLE } from "./service-edges.ts";
import { TRACE_STATEMENTS } from "./traces.ts";

/** What makes every table and view of the present format, where it is missing. */
export const TABLES: readonly string[] = [
  ...TRACE_STATEMENTS,
  SERVICE_EDGES_TABLE,
  ...LOG_STATEMENTS,
  ...METRIC_TABLES,
];
