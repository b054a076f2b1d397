import { PROMETHEUS_POINT_FLAGS } from "@clew/otlp/prometheus";
import type { EngineClient } from "../engine/engine-client.ts";
import type { ToldChanges } from "../metric-changes.ts";
import { HAS } from "../transcode/points/distribution-columns.ts";
import type { Conditions } from "./conditions.ts";
import { FoundSeries } from "./found-series.ts";
import { dayConditions, daysName, type MillisWindow } from "./millis-window.ts";
import type { Pairs } from "./resource-rows.ts";
import { engineDouble } from "./engine-double.ts";
import {
  type HistogramColumns,
  histogramColumns,
  type NumberColumns,
  numberColumns,
  pointHead,
  pointEncoding,
} from "./point-columns.ts";
import { EXEMPLAR_TIES } from "./point-json.ts";
import { numberSource, type PointSource, pointSource, rawSource } from "./point-source.ts";
import { RollupPlan, type PointUse } from "./rollup-plan.ts";
import { SeriesCache } from "./series-cache.ts";
import { NativeColumns } from "./native-columns.ts";
import { RowBinary } from "./row-binary.ts";
import {
  type ExponentialHistogramPoint,
  type HistogramPoint,
  isPrometheusSeries,
  NO_RECORDED_VALUE,
  type StoredExemplar,
  type StoredMetricType,
  type StoredPoint,
  type StoredSeries,
  type SummaryPoint,
} from "./stored-metrics.ts";
import { readTargets, type StoredTarget } from "./targets.ts";

/** A condition on a label, or on `__name__`, which is the metric family's name in Prometheus's spelling. */
export interface LabelCondition {
  readonly name: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** Where points are looked for. */
export interface PointWindow extends MillisWindow {
  /** Whether their start times are wanted. */
  readonly hasStarts: boolean;
  /** What for. Where it is not told, raw samples are read as long as there are any. */
  readonly use?: PointUse;
}

/** Of a series that is not Prometheus's own, the flags that OTLP knows: nobody said what the others mean. */
const OTLP_FLAGS = NO_RECORDED_VALUE;
const ALL_FLAGS = -1;

const HISTOGRAM_COLUMNS = "Count, Sum, Has, BucketCounts, ExplicitBounds";

/** How many series one question may touch. */
export const MAX_SERIES = 200_000;

/** Answers questions about metrics. Points come by series key, by ascending time, no time twice. */
export class MetricReader {
  readonly #client: EngineClient;
  readonly #known = new SeriesCache(MAX_SERIES);
  readonly #found: FoundSeries | undefined;
  readonly #plan: RollupPlan;

  /** `changes`: where all changes are told, so that what was found may be kept. */
  constructor(client: EngineClient, changes?: ToldChanges) {
    this.#client = client;
    this.#found = changes && new FoundSeries(changes, MAX_SERIES);
    this.#plan = new RollupPlan(client);
  }

  /** Whether all points of a window are the samples that were sent, none of them rolled up. */
  isRaw(window: MillisWindow): Promise<boolean> {
    return this.#plan.isRaw(window);
  }

  /**
   * Series that were written on the window's days and meet all conditions. What a fingerprint stands for never
   * changes but for its description, so that it is read once.
   */
  async series(
    conditions: readonly LabelCondition[],
    window: MillisWindow,
    signal?: AbortSignal,
  ): Promise<readonly StoredSeries[]> {
    const find = (): Promise<readonly StoredSeries[]> => this.#find(conditions, window, signal);
    return this.#found?.of(`${daysName(window)} ${JSON.stringify(conditions)}`, find) ?? find();
  }

  async #find(
    conditions: readonly LabelCondition[],
    window: MillisWindow,
    signal: AbortSignal | undefined,
  ): Promise<readonly StoredSeries[]> {
    const where = dayConditions(window);
    for (const condition of conditions) addLabelCondition(where, condition);
    const chunks = await this.#client.chunks(
      `SELECT DISTINCT Fingerprint, Locality FROM metric_series WHERE ${where.where} LIMIT ${MAX_SERIES} FORMAT Native`,
      where.parameters,
      signal,
    );
    const places = placesOf(new NativeColumns(chunks));
    const known = [...places].flatMap(([key, localities]) => this.#known.at(key, localities) ?? []);
    if (known.length === places.size) return known;
    const all = await this.describedSeries(conditions, window, signal);
    this.#known.add(all);
    return all;
  }

  /** The same with the newest descriptions. */
  async describedSeries(
    conditions: readonly LabelCondition[],
    window: MillisWindow,
    signal?: AbortSignal,
  ): Promise<StoredSeries[]> {
    const where = dayConditions(window);
    for (const condition of conditions) addLabelCondition(where, condition);
    const rows = await this.#client.rows<
      readonly [string, string[], string, string, string, string, number, number, Pairs, Pairs]
    >(
      `SELECT Fingerprint, groupUniqArray(Locality), any(PrometheusName), any(MetricType), any(MetricUnit),
         max(MetricDescription), any(AggregationTemporality), any(IsMonotonic), any(Labels), argMax(Metadata, length(Metadata))
       FROM metric_series WHERE ${where.where} GROUP BY Fingerprint LIMIT ${MAX_SERIES}`,
      where.parameters,
      signal,
    );
    return rows.map(
      ([fingerprint, localities, name, type, unit, description, temporality, monotonic, labels, metadata]) => ({
        key: keyOf(fingerprint),
        fingerprint,
        localities,
        name,
        type: type as StoredMetricType,
        unit,
        description,
        temporality,
        monotonic: monotonic === 1,
        labels,
        metadata,
      }),
    );
  }

  /** Gauges' and sums' points. */
  async numbers(
    series: readonly StoredSeries[],
    window: PointWindow,
    limit: number,
    signal?: AbortSignal,
  ): Promise<NumberColumns> {
    const encoding = pointEncoding(window, window.hasStarts);
    const sources = await this.#plan.sources("metric_samples", window, window.use);
    const hasSampleCounts = sources.rolled.length > 0;
    const columns = `${pointHead(encoding)}, Value${hasSampleCounts ? ", Samples" : ""}`;
    const source = numberSource(sources, series, window, window.use);
    const chunks = await this.#pointBytes(series, source, columns, "Native", limit, signal);
    return numberColumns(chunks, encoding, hasSampleCounts);
  }

  async histograms(
    series: readonly StoredSeries[],
    window: PointWindow,
    limit: number,
    signal?: AbortSignal,
  ): Promise<HistogramColumns> {
    const encoding = pointEncoding(window, window.hasStarts);
    const hasSum = `toUInt8(bitAnd(Has, ${HAS.sum}) != 0)`;
    const columns = `${pointHead(encoding)}, toInt64(Count), Sum, ${hasSum}, BucketCounts, ExplicitBounds`;
    const source = await this.#pointSource("metric_histograms", HISTOGRAM_COLUMNS, series, window);
    const chunks = await this.#pointBytes(series, source, columns, "Native", limit, signal);
    return histogramColumns(chunks, encoding);
  }

  exponentialHistograms(
    series: readonly StoredSeries[],
    window: PointWindow,
    limit: number,
    signal?: AbortSignal,
  ): Promise<Map<string, ExponentialHistogramPoint[]>> {
    const columns = `Count, Sum, Has, Scale, ZeroCount, ZeroThreshold, PositiveOffset, PositiveBucketCounts, NegativeOffset, NegativeBucketCounts`;
    return this.#points(series, "metric_exponential_histograms", columns, window, limit, signal, (row, point) => ({
      ...point,
      count: countOf(row, point),
      sum: optional(row.f64(), row.u8()),
      scale: row.i32(),
      zeroCount: countOf(row, point),
      zeroThreshold: row.f64(),
      positiveOffset: row.i32(),
      positiveCounts: countsOf(row, point),
      negativeOffset: row.i32(),
      negativeCounts: countsOf(row, point),
    }));
  }

  /** Histograms with explicit bounds, each as one sample. */
  nativeHistograms(
    series: readonly StoredSeries[],
    window: PointWindow,
    limit: number,
    signal?: AbortSignal,
  ): Promise<Map<string, HistogramPoint[]>> {
    const columns = "Count, Sum, BucketCounts, ExplicitBounds";
    return this.#points(series, "metric_histograms", columns, window, limit, signal, (row, point) => ({
      ...point,
      count: countOf(row, point),
      sum: row.f64(),
      bucketCounts: countsOf(row, point),
      explicitBounds: row.f64s(),
    }));
  }

  summaries(
    series: readonly StoredSeries[],
    window: PointWindow,
    limit: number,
    signal?: AbortSignal,
  ): Promise<Map<string, SummaryPoint[]>> {
    const columns = "Count, Sum, Quantiles, QuantileValues";
    return this.#points(series, "metric_summaries", columns, window, limit, signal, (row, point) => ({
      ...point,
      count: row.u64(),
      sum: row.f64(),
      quantiles: row.f64s(),
      values: row.f64s(),
    }));
  }

  /** The bucket bounds that each histogram among the series had last. */
  async latestBounds(
    series: readonly StoredSeries[],
    window: MillisWindow,
    signal?: AbortSignal,
  ): Promise<Map<string, Float64Array>> {
    const histograms = series.filter(({ type }) => type === "histogram");
    if (histograms.length === 0) return new Map();
    const points = { startMs: window.startMs - 1, endMs: window.endMs, hasStarts: false };
    const { from, where } = await this.#pointSource("metric_histograms", "ExplicitBounds", histograms, points);
    const rows = await this.#client.rows<readonly [string, (number | string)[]]>(
      `SELECT Fingerprint, argMax(ExplicitBounds, Timestamp) FROM ${from} WHERE ${where.where} GROUP BY Fingerprint`,
      where.parameters,
      signal,
    );
    return new Map(rows.map(([fingerprint, bounds]) => [keyOf(fingerprint), Float64Array.from(bounds, engineDouble)]));
  }

  async exemplars(
    series: readonly StoredSeries[],
    window: MillisWindow,
    limit: number,
    signal?: AbortSignal,
  ): Promise<Map<string, StoredExemplar[]>> {
    if (series.length === 0) return new Map();
    const { from, where } = rawSource("metric_exemplars", series, window);
    const rows = await this.#client.rows<readonly [string, string, number | string, string, string, Pairs]>(
      `SELECT Fingerprint, toUnixTimestamp64Nano(Timestamp), Value, TraceId, SpanId, FilteredAttributes
       FROM ${from} WHERE ${where.where}
       ORDER BY Fingerprint, Timestamp, ${EXEMPLAR_TIES} LIMIT 1 BY Fingerprint, Timestamp, SpanId LIMIT ${limitOf(limit)}`,
      where.parameters,
      signal,
    );
    const found = new Map<string, StoredExemplar[]>();
    for (const [fingerprint, time, value, traceId, spanId, attributes] of rows) {
      push(found, keyOf(fingerprint), {
        timestampMs: Number(time) / 1e6,
        value: engineDouble(value),
        traceId,
        spanId,
        attributes,
      });
    }
    return found;
  }

  /** The resources that sent points in the window; `limit` bounds the times of all together. */
  targets(window: MillisWindow, limit: number, signal?: AbortSignal): Promise<StoredTarget[]> {
    return readTargets(this.#client, this.#plan, window, limitOf(limit), signal);
  }

  async #points<P extends StoredPoint>(
    series: readonly StoredSeries[],
    table: string,
    columns: string,
    window: PointWindow,
    limit: number,
    signal: AbortSignal | undefined,
    read: (row: RowBinary, point: StoredPoint) => P,
  ): Promise<Map<string, P[]>> {
    const found = new Map<string, P[]>();
    if (series.length === 0) return found;
    const head = "Fingerprint, toUnixTimestamp64Milli(Timestamp), toUnixTimestamp64Milli(StartTimestamp), Flags";
    const all = `${head}, ${columns}`;
    const source = await this.#pointSource(table, columns, series, window);
    const chunks = await this.#pointBytes(series, source, all, "RowBinary", limit, signal);
    const rows = new RowBinary(Buffer.concat(chunks));
    const own = new Set(series.filter(isPrometheusSeries).map((one) => one.key));
    let key = "";
    let points: P[] = [];
    while (!rows.atEnd) {
      const rowKey = rows.u64Key();
      if (rowKey !== key) found.set((key = rowKey), (points = []));
      const point = read(rows, {
        timestampMs: rows.i64(),
        startMs: rows.i64(),
        flags: rows.i32() & (own.has(key) ? ALL_FLAGS : OTLP_FLAGS),
      });
      if (points.at(-1)?.timestampMs === point.timestampMs) points[points.length - 1] = point;
      else points.push(point);
    }
    return found;
  }

  async #pointSource(
    table: string,
    columns: string,
    series: readonly StoredSeries[],
    window: PointWindow,
  ): Promise<PointSource> {
    const sources = await this.#plan.sources(table, window, window.use);
    return pointSource(table, columns, sources, series, window);
  }

  /** Rows in the order of the table; none where no series is given. */
  async #pointBytes(
    series: readonly StoredSeries[],
    { from, where }: PointSource,
    columns: string,
    format: string,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly Buffer[]> {
    if (series.length === 0) return [];
    return this.#client.chunks(
      `SELECT ${columns} FROM ${from} WHERE ${where.where}
       ORDER BY Locality, Fingerprint, Timestamp LIMIT ${limitOf(limit)} FORMAT ${format}`,
      where.parameters,
      signal,
    );
  }
}

/** Localities by series key. */
function placesOf(columns: NativeColumns): Map<string, string[]> {
  const fingerprints = Buffer.from(columns.bytesOf(0).buffer);
  const localities = new BigUint64Array(columns.wordsOf(1).buffer);
  const texts = new Map<bigint, string>();
  const places = new Map<string, string[]>();
  for (const [row, locality] of localities.entries()) {
    let text = texts.get(locality);
    if (text === undefined) texts.set(locality, (text = String(locality)));
    push(places, fingerprints.toString("latin1", 8 * row, 8 * row + 8), text);
  }
  return places;
}

/** The engine takes no infinity. */
function limitOf(limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER);
}

function addLabelCondition(where: Conditions, { name, operator, value }: LabelCondition): void {
  const column = name === "__name__" ? "PrometheusName" : "Labels[{:String}]";
  const names = name === "__name__" ? [] : [name];
  if (operator === "=" || operator === "!=") where.add(`${column} ${operator} {:String}`, ...names, value);
  else where.add(`${operator === "!~" ? "NOT " : ""}match(${column}, {:String})`, ...names, `^(?s:${value})$`);
}

function keyOf(fingerprint: string): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(fingerprint));
  return bytes.toString("latin1");
}

function countOf(row: RowBinary, { flags }: StoredPoint): number {
  return (flags & PROMETHEUS_POINT_FLAGS.floatCounts) === 0 ? row.u64() : row.f64();
}

function countsOf(row: RowBinary, { flags }: StoredPoint): Float64Array {
  return (flags & PROMETHEUS_POINT_FLAGS.floatCounts) === 0 ? row.u64s() : row.f64s();
}

function optional(sum: number, has: number): number | undefined {
  return (has & HAS.sum) === 0 ? undefined : sum;
}

function push<Item>(map: Map<string, Item[]>, key: string, item: Item): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
