/** What points of series are read from: the table of raw ones, or a query that puts rollups of some days beside it. */
import { rollupTable } from "../schema/rollups.ts";
import type { Conditions } from "./conditions.ts";
import { timeConditions, type MillisWindow } from "./millis-window.ts";
import type { PointSources, PointUse } from "./rollup-plan.ts";
import { rollupSamplesQuery } from "./rollup-samples.ts";
import { isOfSeries } from "./series-condition.ts";
import type { StoredSeries } from "./stored-metrics.ts";

/** An aggregation temporality. */
const DELTA = 1;
const HEAD = "Locality, Fingerprint, Timestamp, StartTimestamp, Flags";

export interface PointSource {
  /** Stands behind `FROM`. */
  readonly from: string;
  /** What is left to ask of its rows, so that they are the series' in the window. */
  readonly where: Conditions;
}

/** Of numbers. Where some days are rolled up, they have the column `Samples`. */
export function numberSource(
  sources: PointSources,
  series: readonly StoredSeries[],
  window: MillisWindow,
  use: PointUse | undefined,
): PointSource {
  const { raw, rolled } = sources;
  if (rolled.length === 0) return rawSource("metric_samples", series, window);
  const columns = `${HEAD}, Value, toFloat64(1) AS Samples`;
  const deltas = series.filter(({ temporality }) => temporality === DELTA).map(({ fingerprint }) => fingerprint);
  return union(window, [
    ...raw.map((one) => rawQuery("metric_samples", columns, series, one)),
    ...rolled.map((one) => rollupSamplesQuery(one, isOfSeries(series), deltas, use)),
  ]);
}

/** Of histograms and summaries. `columns` are those that are read beside what all points have. */
export function pointSource(
  table: string,
  columns: string,
  sources: PointSources,
  series: readonly StoredSeries[],
  window: MillisWindow,
): PointSource {
  const { raw, rolled } = sources;
  if (rolled.length === 0) return rawSource(table, series, window);
  const all = `${HEAD}, ${columns}`;
  return union(window, [
    ...raw.map((one) => rawQuery(table, all, series, one)),
    ...rolled.map((one) => {
      const rows = rawQuery(rollupTable(table, one.resolution.name), all, series, one);
      return `${rows} ORDER BY Locality, Fingerprint, Timestamp, Generation, Version DESC LIMIT 1 BY Locality, Fingerprint, Timestamp, Generation`;
    }),
  ]);
}

/** A table, of which only these rows are wanted. */
export function rawSource(table: string, series: readonly StoredSeries[], window: MillisWindow): PointSource {
  return { from: table, where: timeConditions(window).add(isOfSeries(series)) };
}

function rawQuery(table: string, columns: string, series: readonly StoredSeries[], window: MillisWindow): string {
  return `SELECT ${columns} FROM ${table} WHERE ${rawSource(table, series, window).where.where}`;
}

/** Each query asks for the series itself; points that rollups are made into may lie outside of the window. */
function union(window: MillisWindow, queries: readonly string[]): PointSource {
  return { from: `(${queries.join(" UNION ALL ")})`, where: timeConditions(window) };
}
