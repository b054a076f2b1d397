/** Every data point that is stored, with its series around it and its exemplars in it. */
import type { EngineClient } from "../../engine/engine-client.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";
import {
  EXEMPLAR_SELECT,
  EXEMPLAR_TIES,
  exemplarsByPoint,
  POINT_SHAPES,
  pointKey,
  pointOf,
  pointSelect,
  type PointRow,
} from "../point-json.ts";
import { isOfSeries } from "../series-condition.ts";
import { resourceMetricsOf, type MetricSeriesRow } from "../series-rows.ts";
import type { JsonRequest } from "./export-reader.ts";
import { KeyPages, numberColumn, TIMESTAMP, type PageLimits } from "./key-pages.ts";
import { KnownSeriesRows, portions } from "./known-series-rows.ts";
import { loneExemplars } from "./lone-exemplars.ts";

/** Which series have exemplars is remembered of so many; of more, each is asked for its exemplars. */
const MAX_EXEMPLAR_SERIES = 100_000;

export class PointPages {
  readonly #client: EngineClient;
  readonly #limits: PageLimits;
  readonly #known: KnownSeriesRows;

  constructor(client: EngineClient, limits: PageLimits) {
    this.#client = client;
    this.#limits = limits;
    this.#known = new KnownSeriesRows(client);
  }

  /** One table of points after the other, each day by day and series by series, then exemplars without a sample. Rejects with the engine's error. */
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
      let before: string | undefined;
      for await (const rows of pages.pages(pointSelect(shape), window)) {
        const resourceMetrics = await this.#metrics(rows, hasExemplars, before);
        before = pointKey(rows.at(-1) as PointRow);
        if (resourceMetrics.length > 0) yield { resourceMetrics };
      }
    }
    yield* loneExemplars(this.#client, this.#limits, this.#known, window);
  }

  /** `before` is the key of the point that ended the page before. */
  async #metrics(
    rows: readonly PointRow[],
    hasExemplars: (fingerprint: string) => boolean,
    before: string | undefined,
  ): Promise<readonly object[]> {
    const series = await this.#known.of(new Set(rows.map(([fingerprint]) => fingerprint as string)));
    const exemplars = await this.#exemplars(
      [...series.values()].filter(({ fingerprint }) => hasExemplars(fingerprint)),
      rows,
    );
    // A point that came twice does not double its exemplars, wherever a page ends.
    if (before !== undefined) exemplars.delete(before);
    const points = new Map<string, object[]>();
    for (const row of rows) {
      const fingerprint = row[0] as string;
      const own = series.get(fingerprint);
      // Only where retention has taken the series and not yet its points.
      if (own === undefined) continue;
      const key = pointKey(row);
      const point = pointOf(POINT_SHAPES[own.type]!, row, own.attributes, exemplars.get(key) ?? []);
      exemplars.delete(key);
      const list = points.get(fingerprint);
      if (list === undefined) points.set(fingerprint, [point]);
      else list.push(point);
    }
    return resourceMetricsOf([...series.values()], points);
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
           ORDER BY Timestamp, ${EXEMPLAR_TIES}`,
        )),
      );
    return exemplarsByPoint(found);
  }
}
