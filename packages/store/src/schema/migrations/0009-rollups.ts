import { ROLLUP_TABLES } from "../rollups.ts";
import type { Migration } from "./migration.ts";

/** A program that does not know these tables would remove them when raw samples are too old. */
export const ROLLUPS: Migration = {
  format: 9,
  does: "makes room for rollups of metrics",
  statements: ROLLUP_TABLES,
};
