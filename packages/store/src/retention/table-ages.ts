import type { Signal } from "@clew/otlp";
import type { RollupAges } from "../rollup/resolutions.ts";
import { resolutionOfTable } from "../schema/rollups.ts";
import { signalOfTable } from "./partitions.ts";
import type { RetentionAges } from "./retention-settings.ts";

/** What points of any resolution need to be understood. */
const OF_ALL_METRICS = new Set(["metric_series", "metric_rollup_days"]);

/**
 * How long what a table holds is kept, in milliseconds; `Infinity` for ever. Rollups have ages of their own, and are kept where none
 * are made any more.
 */
export function ageOfTable(table: string, ages: RetentionAges, rollups: RollupAges): number {
  const ownAge = ages[signalOfTable(table) as Signal] ?? Infinity;
  const resolution = resolutionOfTable(table);
  if (resolution !== undefined) return rollups[resolution.name] ?? Infinity;
  return OF_ALL_METRICS.has(table) ? Math.max(ownAge, ...Object.values(rollups)) : ownAge;
}
