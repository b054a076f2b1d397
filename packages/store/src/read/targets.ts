import type { EngineClient } from "../engine/engine-client.ts";
import { dayConditions, timeConditions, type MillisWindow } from "./millis-window.ts";
import type { Pairs } from "./resource-rows.ts";

/** A resource that has a job or an instance, and about once a minute when it sent points. */
export interface StoredTarget {
  readonly job: string;
  readonly instance: string;
  /** All of the resource's attributes, values as text. */
  readonly attributes: Pairs;
  /** Ascending. */
  readonly timestampsMs: readonly number[];
}

const POINT_TABLES = ["metric_samples", "metric_histograms", "metric_exponential_histograms", "metric_summaries"];

export async function readTargets(
  client: EngineClient,
  window: MillisWindow,
  limit: number,
  signal?: AbortSignal,
): Promise<StoredTarget[]> {
  const minutes = POINT_TABLES.map(
    (table) =>
      `SELECT Fingerprint, max(Timestamp) AS time FROM ${table} WHERE ${timeConditions(window).where}
       GROUP BY Fingerprint, toStartOfMinute(Timestamp)`,
  ).join(" UNION ALL ");
  const rows = await client.rows<readonly [string, string, Pairs, string]>(
    `SELECT job, instance, attributes, toUnixTimestamp64Milli(max(time)) AS last FROM (${minutes}) AS points
     INNER JOIN (
       SELECT Fingerprint, any(Labels['job']) AS job, any(Labels['instance']) AS instance,
         any(CAST(ResourceAttributes AS Array(Tuple(String, String)))) AS attributes
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
