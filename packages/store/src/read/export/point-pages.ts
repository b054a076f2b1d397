/** Every data point that is stored, with its series around it and its exemplars in it. */
import type { EngineClient } from "../../engine/engine-client.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";
import {
  EXEMPLAR_SELECT,
  exemplarsByPoint,
  POINT_SHAPES,
  pointKey,
  pointOf,
  pointSelect,
  type PointRow,
} from "../point-json.ts";
import { isOfSeries } from "../series-condition.ts";
import { resourceMetricsOf, seriesOf, seriesQuery, type MetricSeriesRow } from "../series-rows.ts";
import type { JsonRequest } from "./export-reader.ts";
import { KeyPages, numberColumn, TIMESTAMP, type PageLimits } from "./key-pages.ts";

/** So many series are asked for in one query, whose text has a limit. */
const SERIES_A_QUERY = 1_000;
/** So many series are remembered; beyond, they are read again. */
const MAX_KNOWN_SERIES = 20_000;
/** Which series have exemplars is remembered of so many; of more, each is asked for its exemplars. */
const MAX_EXEMPLAR_SERIES = 100_000;

export class PointPages {
  readonly #client: EngineClient;
  readonly #limits: PageLimits;
  // fingerprint --> its series
  readonly #known = new Map<string, MetricSeriesRow>();

  constructor(client: EngineClient, limits: PageLimits) {
    this.#client = client;
    this.#limits = limits;
  }

  /** One table of points after the other, each day by day and series by series. Rejects with the engine's error. */
  async *requests(window: TimeWindow | undefined): AsyncGenerator<JsonRequest> {
    const hasExemplars = await this.#whichHaveExemplars();
    const shapes = new Map(Object.values(POINT_SHAPES).map((shape) => [shape.table, shape]));
    for (const shape of shapes.values()) {
      const table = {
        name: shape.table,
        key: [numberColumn("Locality"), numberColumn("Fingerprint"), TIMESTAMP],
        ties: `cityHash64(StartTimestamp, Flags, ${shape.columns})`,
        isHourly: false,
      };
      const pages = new KeyPages(this.#client, table, this.#limits, () => new Conditions());
      for await (const rows of pages.pages(pointSelect(shape), window)) {
        const resourceMetrics = await this.#metrics(rows, hasExemplars);
        if (resourceMetrics.length > 0) yield { resourceMetrics };
      }
    }
  }

  async #metrics(
    rows: readonly PointRow[],
    hasExemplars: (fingerprint: string) => boolean,
  ): Promise<readonly object[]> {
    const series = await this.#seriesOf(new Set(rows.map(([fingerprint]) => fingerprint as string)));
    const exemplars = await this.#exemplars(
      [...series.values()].filter(({ fingerprint }) => hasExemplars(fingerprint)),
      rows,
    );
    const points = new Map<string, object[]>();
    for (const row of rows) {
      const fingerprint = row[0] as string;
      const own = series.get(fingerprint);
      // Only where retention has taken the series and not yet its points.
      if (own === undefined) continue;
      const key = pointKey(row);
      const point = pointOf(POINT_SHAPES[own.type]!, row, own.attributes, exemplars.get(key) ?? []);
      // A point that came twice does not double its exemplars.
      exemplars.delete(key);
      const list = points.get(fingerprint);
      if (list === undefined) points.set(fingerprint, [point]);
      else list.push(point);
    }
    return resourceMetricsOf([...series.values()], points);
  }

  async #seriesOf(fingerprints: ReadonlySet<string>): Promise<Map<string, MetricSeriesRow>> {
    if (this.#known.size + fingerprints.size > MAX_KNOWN_SERIES) this.#known.clear();
    const unknown = [...fingerprints].filter((one) => !this.#known.has(one));
    for (const some of portions(unknown)) {
      const rows = await this.#client.rows(seriesQuery(`Fingerprint IN (${some.map((one) => BigInt(one)).join(",")})`));
      for (const one of rows.map(seriesOf)) this.#known.set(one.fingerprint, one);
    }
    return new Map(
      [...fingerprints].flatMap((one) => {
        const series = this.#known.get(one);
        return series === undefined ? [] : [[one, series] as const];
      }),
    );
  }

  async #whichHaveExemplars(): Promise<(fingerprint: string) => boolean> {
    const rows = await this.#client.rows<readonly [string]>(
      `SELECT DISTINCT Fingerprint FROM metric_exemplars LIMIT ${MAX_EXEMPLAR_SERIES}`,
    );
    if (rows.length === MAX_EXEMPLAR_SERIES) return () => true;
    const known = new Set(rows.map(([fingerprint]) => fingerprint));
    return (fingerprint) => known.has(fingerprint);
  }

  async #exemplars(series: readonly MetricSeriesRow[], rows: readonly PointRow[]): Promise<Map<string, object[]>> {
    const found: PointRow[] = [];
    const times = rows.map((row) => BigInt(row[1] as string));
    const first = times.reduce((a, b) => (a < b ? a : b));
    const last = times.reduce((a, b) => (a > b ? a : b));
    const during = `toUnixTimestamp64Nano(PointTimestamp) BETWEEN toInt64('${first}') AND toInt64('${last}')`;
    for (const some of portions(series))
      found.push(
        ...(await this.#client.rows<PointRow>(
          `SELECT ${EXEMPLAR_SELECT} FROM metric_exemplars WHERE ${isOfSeries(some)} AND ${during}
           ORDER BY Timestamp, TraceId, SpanId, Value`,
        )),
      );
    return exemplarsByPoint(found);
  }
}

function* portions<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += SERIES_A_QUERY) yield list.slice(start, start + SERIES_A_QUERY);
}
