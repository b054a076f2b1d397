/**
 * Exemplars that came without a sample, which only series that are Prometheus's own have
 * (docs/adr/0018-prometheus-series-in-otlp.md), as the points that they came in.
 */
import { NO_TRANSLATION, PROMETHEUS_METADATA, PROMETHEUS_POINT_FLAGS } from "@clew/otlp/prometheus";
import type { EngineClient } from "../../engine/engine-client.ts";
import { VALUE_TYPE } from "../../transcode/points/number-columns.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";
import {
  EXEMPLAR_SELECT,
  EXEMPLAR_TIES,
  exemplarsByPoint,
  POINT_SHAPES,
  pointKey,
  pointOf,
  type PointRow,
} from "../point-json.ts";
import { isOfSeries } from "../series-condition.ts";
import { resourceMetricsOf, type MetricSeriesRow } from "../series-rows.ts";
import type { JsonRequest } from "./export-reader.ts";
import { KeyPages, numberColumn, TIMESTAMP, type OrderedTable, type PageLimits } from "./key-pages.ts";
import { portions, type KnownSeriesRows } from "./known-series-rows.ts";

const EXEMPLARS: OrderedTable = {
  name: "metric_exemplars",
  key: [numberColumn("Locality"), numberColumn("Fingerprint"), TIMESTAMP],
  ties: EXEMPLAR_TIES,
  isHourly: false,
};
const NO_VALUE = [0, "0", VALUE_TYPE.none] as const;

/** Rejects with the engine's error. */
export async function* loneExemplars(
  client: EngineClient,
  limits: PageLimits,
  known: KnownSeriesRows,
  window: TimeWindow | undefined,
): AsyncGenerator<JsonRequest> {
  const ofPrometheus = (): Conditions =>
    new Conditions().add(
      "Fingerprint IN (SELECT Fingerprint FROM metric_series WHERE MetricType = 'gauge' AND Metadata[{:String}] = {:String})",
      PROMETHEUS_METADATA.translation,
      NO_TRANSLATION,
    );
  for await (const rows of new KeyPages(client, EXEMPLARS, limits, ofPrometheus).pages(EXEMPLAR_SELECT, window)) {
    const series = await known.of(new Set(rows.map(([fingerprint]) => fingerprint as string)));
    const sampled = await pointsAmong(client, rows, [...series.values()]);
    const lone = rows.filter((row) => !sampled.has(pointKey(row)));
    if (lone.length > 0) yield { resourceMetrics: resourceMetricsOf([...series.values()], pointsOf(lone, series)) };
  }
}

/** The keys of those points that exemplars came with and that are samples. */
async function pointsAmong(
  client: EngineClient,
  rows: readonly PointRow[],
  series: readonly MetricSeriesRow[],
): Promise<Set<string>> {
  const times = [...new Set(rows.map((row) => BigInt(row[1] as string)))];
  const first = times.reduce((a, b) => (a < b ? a : b));
  const last = times.reduce((a, b) => (a > b ? a : b));
  const nanos = TIMESTAMP.select;
  const found = new Set<string>();
  for (const some of portions(series)) {
    const points = await client.rows<PointRow>(
      `SELECT DISTINCT Fingerprint, ${nanos} FROM metric_samples WHERE ${isOfSeries(some)}
       AND ${nanos} BETWEEN toInt64('${first}') AND toInt64('${last}') AND ${nanos} IN (${times.join(",")})`,
    );
    for (const point of points) found.add(pointKey(point));
  }
  return found;
}

function pointsOf(
  rows: readonly PointRow[],
  series: ReadonlyMap<string, MetricSeriesRow>,
): Map<string, readonly object[]> {
  const exemplars = exemplarsByPoint(rows);
  const points = new Map<string, object[]>();
  for (const row of new Map(rows.map((one) => [pointKey(one), one])).values()) {
    const [fingerprint, time] = row as [string, string];
    const own = series.get(fingerprint);
    if (own === undefined) continue;
    const head = [fingerprint, time, "0", PROMETHEUS_POINT_FLAGS.exemplarsOnly, ...NO_VALUE];
    const point = pointOf(POINT_SHAPES["gauge"]!, head, own.attributes, exemplars.get(pointKey(row)) ?? []);
    const list = points.get(fingerprint);
    if (list === undefined) points.set(fingerprint, [point]);
    else list.push(point);
  }
  return points;
}
