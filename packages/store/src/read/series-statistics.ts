/** How many series there are, and which names and labels make them many. */
import type { EngineClient } from "../engine/engine-client.ts";
import { dayConditions, timeConditions, type MillisWindow } from "./millis-window.ts";

export interface SeriesCount {
  readonly name: string;
  readonly value: number;
}

/** A histogram is one series, whatever its buckets. */
export interface SeriesStatistics {
  readonly series: number;
  readonly labelPairs: number;
  /** What the engine keeps samples in. */
  readonly parts: number;
  /** Of numbers; undefined where there are none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** The most numerous first. */
  readonly seriesByName: readonly SeriesCount[];
  readonly valuesByLabel: readonly SeriesCount[];
  /** What the values of a label take if each series had them by itself. */
  readonly bytesByLabel: readonly SeriesCount[];
  readonly seriesByPair: readonly SeriesCount[];
}

type Counted = readonly (readonly [name: string, value: string])[];

/** Of the window's days. `limit`: how many names and labels of each kind. Rejects with the engine's error. */
export async function seriesStatistics(
  client: EngineClient,
  window: MillisWindow,
  limit: number,
  signal?: AbortSignal,
): Promise<SeriesStatistics> {
  const { where, parameters } = dayConditions(window);
  const series = `SELECT Fingerprint, any(PrometheusName) AS name, any(CAST(Labels AS Array(Tuple(String, String)))) AS labels
    FROM metric_series WHERE ${where} GROUP BY Fingerprint`;
  const pairs = `SELECT Fingerprint, pair.1 AS label, pair.2 AS text
    FROM (${series}) ARRAY JOIN arrayPushFront(labels, ('__name__', name)) AS pair`;
  const counted = async (select: string, from: string): Promise<SeriesCount[]> => {
    const sql = `SELECT ${select} AS n FROM (${from}) GROUP BY 1 ORDER BY n DESC, 1 LIMIT ${Math.floor(limit)}`;
    const rows: Counted = await client.rows(sql, parameters, signal);
    return rows.map(([name, value]) => ({ name, value: Number(value) }));
  };
  const one = async (select: string, from: string): Promise<number> => {
    const [row] = await client.rows<readonly [string]>(`SELECT ${select} FROM (${from})`, parameters, signal);
    return Number(row?.[0] ?? 0);
  };
  const [first, last] = await times(client, window, signal);
  return {
    series: await one("count()", series),
    labelPairs: await one("uniqExact(label, text)", pairs),
    parts: await one(
      "count()",
      "SELECT name FROM system.parts WHERE active AND database = currentDatabase() AND startsWith(table, 'metric_')",
    ),
    firstMs: first,
    lastMs: last,
    seriesByName: await counted("name, count()", series),
    valuesByLabel: await counted("label, uniqExact(text)", pairs),
    bytesByLabel: await counted("label, sum(length(text))", pairs),
    seriesByPair: await counted("concat(label, '=', text), count()", pairs),
  };
}

async function times(
  client: EngineClient,
  window: MillisWindow,
  signal: AbortSignal | undefined,
): Promise<readonly [number | undefined, number | undefined]> {
  const { where, parameters } = timeConditions(window);
  const [row] = await client.rows<readonly [string, string, string]>(
    `SELECT toUnixTimestamp64Milli(min(Timestamp)), toUnixTimestamp64Milli(max(Timestamp)), count() FROM metric_samples WHERE ${where}`,
    parameters,
    signal,
  );
  if (row === undefined || row[2] === "0") return [undefined, undefined];
  return [Number(row[0]), Number(row[1])];
}
