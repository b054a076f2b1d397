import { LOG_STATEMENTS } from "./logs.ts";
import { METRIC_TABLES } from "./metrics.ts";
import { ROLLUP_TABLES } from "./rollups.ts";
import { SERVICE_EDGES_TABLE } from "./service-edges.ts";
import { TRACE_STATEMENTS } from "./traces.ts";

/** What makes every table and view of the present format, where it is missing. */
export const TABLES: readonly string[] = [
  ...TRACE_STATEMENTS,
  SERVICE_EDGES_TABLE,
  ...LOG_STATEMENTS,
  ...METRIC_TABLES,
  ...ROLLUP_TABLES,
];

const CREATED = /CREATE TABLE IF NOT EXISTS (\w+)/;
const WRITTEN_BY_A_VIEW = /CREATE MATERIALIZED VIEW IF NOT EXISTS \w+ TO (\w+)/;

/** Those that INSERT … SELECT fills, from what is stored. */
export const ROLLUP_TABLE_NAMES: readonly string[] = namesOf(ROLLUP_TABLES);

/** The names of those that blocks are inserted into. What views make of them, they make again wherever the blocks go. */
export const INSERTED_TABLES: readonly string[] = namesOf(TABLES).filter(
  (name) =>
    !ROLLUP_TABLE_NAMES.includes(name) && !TABLES.some((statement) => WRITTEN_BY_A_VIEW.exec(statement)?.[1] === name),
);

/** All that is moved from one engine to another: views make the rest. */
export const MOVED_TABLES: readonly string[] = [...INSERTED_TABLES, ...ROLLUP_TABLE_NAMES];

function namesOf(statements: readonly string[]): string[] {
  return statements.flatMap((statement) => CREATED.exec(statement)?.[1] ?? []);
}
