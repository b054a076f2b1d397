import { OWN_DATABASE } from "./0002-own-database.ts";
import { MEASURED_LAYOUT } from "./0003-measured-layout.ts";
import { INDEXED_VALUES } from "./0007-indexed-values.ts";
import { ROLLUPS } from "./0009-rollups.ts";
import { SMALLER_SPANS } from "./0010-smaller-spans.ts";
import { RARE_COLUMNS_NOTED } from "./0011-rare-columns.ts";
import { LARGER_MERGES } from "./0012-larger-merges.ts";
import { SEARCHABLE_LOG_ATTRIBUTES } from "./0013-log-attributes.ts";
import type { Migration } from "./migration.ts";

/** In order, without gaps. Tables that are new need no step: what is missing is made after the last one. */
export const MIGRATIONS: readonly Migration[] = [
  OWN_DATABASE,
  ...MEASURED_LAYOUT,
  ...INDEXED_VALUES,
  ROLLUPS,
  SMALLER_SPANS,
  RARE_COLUMNS_NOTED,
  LARGER_MERGES,
  SEARCHABLE_LOG_ATTRIBUTES,
];

/** The INSERT for a block in the spool, whichever format the program had that left it. */
export function insertStatement(target: string): string {
  for (const { insertOlder } of MIGRATIONS) {
    const statement = insertOlder?.(target);
    if (statement !== undefined) return statement;
  }
  return `INSERT INTO ${target} FORMAT Native`;
}

/** What this program reads and writes. It grows with every change that an older program would not understand. */
export const FORMAT: number = MIGRATIONS.at(-1)?.format ?? 1;
