import type { EngineClient } from "../engine/engine-client.ts";
import { dayConditions, timeConditions, type MillisWindow } from "./millis-window.ts";
import { RAW_TABLES } from "../rollup/rollup-days.ts";
import { rollupTable } from "../schema/rollups.ts";
import type { Pairs } from "./resource-rows.ts";
import type { RolledWindow, RollupPlan } from "./rollup-plan.ts";

/** A resource that has a job or an instance, and about once a minute when it sent points. */
export interface StoredTarget {
  readonly job: string;
  readonly instance: string;
  /** All of the resource's attributes, values as text. */
  readonly attributes: Pairs;
  /** Ascending. */
  readonly timestampsMs: readonly number[];
}

/** A target that sent samples from the first to the last of a rollup's row is there so often in between. */
const HELD_EVERY_MS = 240_000;

export async function readTargets(
  client: EngineClient,
  plan: RollupPlan,
  window: MillisWindow,
  limit: number,
  signal?: AbortSignal,
): Promise<StoredTarget[]> {
  const queries = await Promise.all(RAW_TABLES.map((table) => timesQueries(plan, table, window)));
  const minutes = queries.flat().join(" UNION ALL ");
  const rows = await client.rows<readonly [string, string, Pairs, string]>(
    `SELECT job, instance, attributes, toUnixTimestamp64Milli(max(time)) AS last FROM (${minutes}) AS points
     INNER JOIN (
       SELECT Fingerprint, any(Labels['job']) AS job, any(Labels['instance']) AS instance,
         any(ResourceAttributes) AS attributes
       FROM metric_series WHERE ${dayConditions(window).add("notEmpty(ResourceAttributes)").where} GROUP BY Fingerprint
     ) AS series USING Fingerprint
     WHERE job != '' OR instance != ''
     GROUP BY job, instance, attributes, toStartOfMinute(time) ORDER BY last LIMIT ${limit}`,
    {},
    signal,
  );
  const targets = new Map<string, StoredTarget & { readonly timestampsMs: number[] }>();
  for (const [job, instance, attributes, last] of rows) {
    const key = JSON.stringify([job, instance, attributes]);
    const target = targets.get(key) ?? { job, instance, attributes, timestampsMs: [] };
    targets.set(key, target);
    target.timestampsMs.push(Number(last));
  }
  return [...targets.values()];
}

async function timesQueries(plan: RollupPlan, table: string, window: MillisWindow): Promise<string[]> {
  const { raw, rolled } = await plan.sources(table, window, undefined);
  return [
    ...raw.map((one) => minutesOf(table, one)),
    ...rolled.map((one) =>
      table === "metric_samples" ? heldMinutes(one) : minutesOf(rollupTable(table, one.resolution.name), one),
    ),
  ];
}

function minutesOf(table: string, window: MillisWindow): string {
  return `SELECT Fingerprint, max(Timestamp) AS time FROM ${table} WHERE ${timeConditions(window).where}
       GROUP BY Fingerprint, toStartOfMinute(Timestamp)`;
}

function heldMinutes({ resolution, startMs, endMs }: RolledWindow): string {
  const times = `arrayPushBack(range(FirstMs, LastMs, ${HELD_EVERY_MS}), LastMs)`;
  return `SELECT Fingerprint, fromUnixTimestamp64Milli(toInt64(toUnixTimestamp(WindowStart) * 1000 + arrayJoin(${times}))) AS time
       FROM ${rollupTable("metric_samples", resolution.name)}
       WHERE Count > 0 AND WindowStart >= toDateTime(${Math.floor(startMs / 1_000)}) AND WindowStart < toDateTime(${Math.ceil(endMs / 1_000)})`;
}
