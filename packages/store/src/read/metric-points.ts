/** Metrics exactly as they were sent, back in OTLP/JSON: every point of one metric in a window. */
import type { EngineClient } from "../engine/engine-client.ts";
import { Conditions, type TimeWindow } from "./conditions.ts";
import {
  EXEMPLAR_SELECT,
  EXEMPLAR_TIES,
  exemplarsByPoint,
  POINT_SHAPES,
  pointKey,
  pointOf,
  pointSelect,
  type PointRow,
} from "./point-json.ts";
import { isOfSeries } from "./series-condition.ts";
import {
  resourceMetricsOf,
  seriesOf,
  seriesQuery,
  type JsonResourceMetrics,
  type MetricSeriesRow,
} from "./series-rows.ts";

export class MetricPointReader {
  readonly #client: EngineClient;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** All points of a metric, by its OTLP name, newest `limit` of each series' type. */
  async points(metricName: string, window: TimeWindow, limit: number): Promise<JsonResourceMetrics[]> {
    const series = await this.#series(metricName);
    const exemplars = await this.#exemplars(series, window, limit);
    const points = new Map<string, object[]>();
    for (const type of new Set(series.map((one) => one.type))) {
      const ofType = series.filter((one) => one.type === type);
      for (const [fingerprint, list] of await this.#pointsOf(type, ofType, window, limit, exemplars))
        points.set(fingerprint, list);
    }
    return resourceMetricsOf(series, points);
  }

  async #series(metricName: string): Promise<MetricSeriesRow[]> {
    const rows = await this.#client.rows(seriesQuery("MetricName = {metricName:String}"), { metricName });
    return rows.map(seriesOf);
  }

  async #pointsOf(
    type: string,
    series: readonly MetricSeriesRow[],
    window: TimeWindow,
    limit: number,
    exemplars: ReadonlyMap<string, object[]>,
  ): Promise<Map<string, object[]>> {
    const shape = POINT_SHAPES[type]!;
    const byFingerprint = new Map(series.map((one) => [one.fingerprint, one]));
    const rows = await this.#client.rows<PointRow>(
      `SELECT ${pointSelect(shape)}
       FROM ${shape.table} WHERE ${pointsWhere(series, window)} ORDER BY Timestamp DESC, Fingerprint LIMIT ${Math.floor(limit)}`,
    );
    const found = new Map<string, object[]>();
    for (const row of rows.toReversed()) {
      const fingerprint = row[0] as string;
      const { attributes } = byFingerprint.get(fingerprint)!;
      const point = pointOf(shape, row, attributes, exemplars.get(pointKey(row)) ?? []);
      const list = found.get(fingerprint);
      if (list === undefined) found.set(fingerprint, [point]);
      else list.push(point);
    }
    return found;
  }

  async #exemplars(
    series: readonly MetricSeriesRow[],
    window: TimeWindow,
    limit: number,
  ): Promise<Map<string, object[]>> {
    if (series.length === 0) return new Map();
    const rows = await this.#client.rows<PointRow>(
      `SELECT ${EXEMPLAR_SELECT}
       FROM metric_exemplars WHERE ${pointsWhere(series, window, "PointTimestamp")}
       ORDER BY Timestamp, ${EXEMPLAR_TIES} LIMIT ${Math.floor(limit)}`,
    );
    return exemplarsByPoint(rows);
  }
}

function pointsWhere(series: readonly MetricSeriesRow[], window: TimeWindow, time = "Timestamp"): string {
  return new Conditions().add(isOfSeries(series)).within(time, window).where;
}
