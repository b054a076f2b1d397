import { LOG_VALUE_INDEXES } from "../logs.ts";
import { LOG_MAPS } from "../settings.ts";
import { added, type Migration } from "./migration.ts";

/** Of what comes from now on. What was stored before is not in the new indexes, and is read through as it was. */
export const SEARCHABLE_LOG_ATTRIBUTES: Migration = {
  format: 13,
  does: "makes attribute values of new log records searchable",
  statements: [
    `ALTER TABLE otel_logs ${LOG_VALUE_INDEXES.map(added).join(", ")}`,
    `ALTER TABLE otel_logs MODIFY SETTING ${LOG_MAPS}`,
  ],
};
