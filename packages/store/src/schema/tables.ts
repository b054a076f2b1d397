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

const CREATED = /CREATE TABLE IF NOT EXISTS (\w+)/;
const WRITTEN_BY_A_VIEW = /CREATE MATERIALIZED VIEW IF NOT EXISTS \w+ TO (\w+)/;

/** The names of those that blocks are inserted into. What views make of them, they make again wherever the blocks go. */
export const INSERTED_TABLES: readonly string[] = TABLES.flatMap(
  (statement) => CREATED.exec(statement)?.[1] ?? [],
).filter((name) => !TABLES.some((statement) => WRITTEN_BY_A_VIEW.exec(statement)?.[1] === name));
