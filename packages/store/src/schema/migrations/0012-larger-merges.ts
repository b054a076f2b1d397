import type { Migration } from "./migration.ts";

export const LARGER_MERGES: Migration = {
  format: 12,
  does: "merges more parts of spans and log records at a time, so that each is merged less often",
  statements: ["otel_traces", "otel_logs"].map(
    (table) => `ALTER TABLE ${table} MODIFY SETTING merge_selector_base = 16`,
  ),
};
