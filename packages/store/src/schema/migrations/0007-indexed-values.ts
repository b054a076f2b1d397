import { LOG_COUNTS_QUERY, LOG_COUNTS_TABLE } from "../logs.ts";
import { SPAN_VALUE_INDEXES } from "../traces.ts";
import { added, type Migration } from "./migration.ts";

const REPEATED_COLUMNS = [
  "ResourceAttributes Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(3))",
  "ScopeName LowCardinality(String) CODEC(ZSTD(1))",
  "ScopeVersion LowCardinality(String) CODEC(ZSTD(1))",
].map((column) => `MODIFY COLUMN ${column}`);

/** What was stored before is not in the new indexes, and is read through as it was. */
export const INDEXED_VALUES: readonly Migration[] = [
  {
    format: 7,
    does: "keeps repeated resource attributes once, and makes attribute values of new spans searchable",
    statements: [
      `ALTER TABLE otel_traces ${[...REPEATED_COLUMNS, ...SPAN_VALUE_INDEXES.map(added)].join(", ")}`,
      `ALTER TABLE otel_logs ${REPEATED_COLUMNS.join(", ")}`,
      // It is made again, with its present query, behind the last step.
      "DROP VIEW IF EXISTS span_durations_mv",
    ],
  },
  {
    format: 8,
    onlyEmbedded: true,
    does: "counts the log records that are stored",
    statements: [LOG_COUNTS_TABLE, "TRUNCATE TABLE log_counts", `INSERT INTO log_counts ${LOG_COUNTS_QUERY}`],
  },
];
