import { SPAN_HAS_COLUMN, TRACE_HAS_COLUMN, TRACE_TIMES_VIEW } from "../traces.ts";
import type { Migration } from "./migration.ts";

/**
 * The new view is made before the old one goes, since others may insert meanwhile: a trace that is noted twice is found, one
 * that is not noted never again.
 */
export const RARE_COLUMNS_NOTED: Migration = {
  format: 11,
  does: "notes which of the rare columns a trace has something in, so that it is read without the others",
  statements: [
    `ALTER TABLE otel_traces ADD COLUMN IF NOT EXISTS ${SPAN_HAS_COLUMN}`,
    `ALTER TABLE otel_traces_trace_id_ts ADD COLUMN IF NOT EXISTS ${TRACE_HAS_COLUMN}`,
    TRACE_TIMES_VIEW,
    "DROP VIEW IF EXISTS otel_traces_trace_id_ts_mv",
  ],
};
