/** Metrics exactly as they were sent, back in OTLP/JSON: every point of one metric in a window. */
import type { EngineClient } from "../engine/engine-client.ts";
import { HAS } from "../transcode/points/distribution-columns.ts";
import { VALUE_TYPE } from "../transcode/points/number-columns.ts";
import { attributesOf, type JsonKeyValue } from "./attribute-values.ts";
import { isOfSeries, type StoredSeriesKey } from "./series-condition.ts";
import { Conditions, type TimeWindow } from "./conditions.ts";
import { engineDouble } from "./engine-double.ts";
import {
  nestByResource,
  pairsOf,
  RESOURCE_COLUMN_COUNT,
  RESOURCE_SELECT,
  unlessEmpty,
  unlessZero,
  type JsonResource,
  type JsonScope,
  type Pairs,
  type ResourceRow,
} from "./resource-rows.ts";
import { unlessNone } from "./span-rows.ts";

export interface JsonResourceMetrics {
  readonly resource: JsonResource;
  readonly scopeMetrics: readonly {
    readonly scope: JsonScope;
    readonly metrics: readonly object[];
    readonly schemaUrl?: string;
  }[];
  readonly schemaUrl?: string;
}

type Row = readonly unknown[];

interface Series extends StoredSeriesKey {
  readonly attributes: readonly JsonKeyValue[];
  /** `{name, unit, …}` without its data. */
  readonly head: object;
  readonly type: string;
  readonly temporality: number;
  readonly monotonic: boolean;
  readonly resource: ResourceRow;
}

/** Columns of each table of points behind fingerprint, times and flags, and how they become a point. */
const SHAPES: Readonly<Record<string, { table: string; columns: string; field: string; point: (row: Row) => object }>> =
  {
    gauge: { table: "metric_samples", columns: "Value, IntValue, ValueType", field: "gauge", point: numberPoint },
    sum: { table: "metric_samples", columns: "Value, IntValue, ValueType", field: "sum", point: numberPoint },
    histogram: {
      table: "metric_histograms",
      columns: "Count, Sum, Min, Max, Has, BucketCounts, ExplicitBounds",
      field: "histogram",
      point: histogramPoint,
    },
    exponential_histogram: {
      table: "metric_exponential_histograms",
      columns:
        "Count, Sum, Min, Max, Has, Scale, ZeroCount, ZeroThreshold, PositiveOffset, PositiveBucketCounts, NegativeOffset, NegativeBucketCounts",
      field: "exponentialHistogram",
      point: exponentialHistogramPoint,
    },
    summary: {
      table: "metric_summaries",
      columns: "Count, Sum, Quantiles, QuantileValues",
      field: "summary",
      point: summaryPoint,
    },
  };

export class MetricPointReader {
  readonly #client: EngineClient;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** All points of a metric, by its OTLP name, newest `limit` of each series' type. */
  async points(metricName: string, window: TimeWindow, limit: number): Promise<JsonResourceMetrics[]> {
    const series = await this.#series(metricName);
    const exemplars = await this.#exemplars(series, window, limit);
    const items: { row: ResourceRow; item: object }[] = [];
    for (const type of new Set(series.map((one) => one.type))) {
      const ofType = series.filter((one) => one.type === type);
      const points = await this.#pointsOf(type, ofType, window, limit, exemplars);
      for (const group of groupedByMetric(ofType)) {
        const dataPoints = group.flatMap((one) => points.get(one.fingerprint) ?? []);
        if (dataPoints.length > 0) items.push({ row: group[0]!.resource, item: metricOf(group[0]!, dataPoints) });
      }
    }
    return nestByResource(items, ({ resource, resourceSchemaUrl }, scopes) => ({
      resource,
      scopeMetrics: scopes.map(({ parts, items: metrics }) => ({
        scope: parts.scope,
        metrics,
        ...unlessEmpty("schemaUrl", parts.scopeSchemaUrl),
      })),
      ...unlessEmpty("schemaUrl", resourceSchemaUrl),
    }));
  }

  async #series(metricName: string): Promise<Series[]> {
    const rows = await this.#client.rows<Row>(
      `SELECT ${RESOURCE_SELECT}, Fingerprint, groupUniqArray(Locality) OVER (PARTITION BY Fingerprint), MetricName, MetricDescription, MetricUnit, MetricType, AggregationTemporality,
         IsMonotonic, ${pairsOf("Attributes")}, AttributesTypes, ${pairsOf("Metadata")}, MetadataTypes
       FROM metric_series WHERE MetricName = {metricName:String} ORDER BY Fingerprint LIMIT 1 BY Fingerprint`,
      { metricName },
    );
    return rows.map((row) => {
      const [
        fingerprint,
        localities,
        name,
        description,
        unit,
        type,
        temporality,
        monotonic,
        attributes,
        types,
        metadata,
        metadataTypes,
      ] = row.slice(RESOURCE_COLUMN_COUNT) as [
        string,
        string[],
        string,
        string,
        string,
        string,
        number,
        number,
        Pairs,
        string,
        Pairs,
        string,
      ];
      const head = {
        name,
        ...unlessEmpty("description", description),
        ...unlessEmpty("unit", unit),
        ...unlessNone("metadata", attributesOf(metadata, metadataTypes)),
      };
      const resource = row.slice(0, RESOURCE_COLUMN_COUNT) as unknown as ResourceRow;
      return {
        fingerprint,
        localities,
        attributes: attributesOf(attributes, types),
        head,
        type,
        temporality,
        monotonic: monotonic === 1,
        resource,
      };
    });
  }

  async #pointsOf(
    type: string,
    series: readonly Series[],
    window: TimeWindow,
    limit: number,
    exemplars: ReadonlyMap<string, object[]>,
  ): Promise<Map<string, object[]>> {
    const shape = SHAPES[type]!;
    const byFingerprint = new Map(series.map((one) => [one.fingerprint, one]));
    const rows = await this.#client.rows<Row>(
      `SELECT Fingerprint, toUnixTimestamp64Nano(Timestamp), toUnixTimestamp64Nano(StartTimestamp), Flags, ${shape.columns}
       FROM ${shape.table} WHERE ${pointsWhere(series, window)} ORDER BY Timestamp DESC, Fingerprint LIMIT ${Math.floor(limit)}`,
    );
    const found = new Map<string, object[]>();
    for (const row of rows.toReversed()) {
      const [fingerprint, time, start, flags] = row as [string, string, string, number];
      const point = {
        ...unlessNone("attributes", byFingerprint.get(fingerprint)!.attributes),
        ...unlessEmpty("startTimeUnixNano", start === "0" ? "" : unsigned(start)),
        timeUnixNano: unsigned(time),
        ...shape.point(row.slice(4)),
        ...unlessNone("exemplars", exemplars.get(`${fingerprint} ${time}`) ?? []),
        ...unlessZero("flags", flags),
      };
      const list = found.get(fingerprint);
      if (list === undefined) found.set(fingerprint, [point]);
      else list.push(point);
    }
    return found;
  }

  /** Exemplars by the point that they came with: `fingerprint time`. */
  async #exemplars(series: readonly Series[], window: TimeWindow, limit: number): Promise<Map<string, object[]>> {
    const found = new Map<string, object[]>();
    if (series.length === 0) return found;
    const rows = await this.#client.rows<Row>(
      `SELECT Fingerprint, toUnixTimestamp64Nano(PointTimestamp), toUnixTimestamp64Nano(Timestamp), Value, IntValue, ValueType, TraceId, SpanId,
         ${pairsOf("FilteredAttributes")}, FilteredAttributesTypes
       FROM metric_exemplars WHERE ${pointsWhere(series, window, "PointTimestamp")} ORDER BY Timestamp LIMIT ${Math.floor(limit)}`,
    );
    for (const row of rows) {
      const [fingerprint, pointTime, time] = row as [string, string, string];
      const [traceId, spanId, attributes, types] = row.slice(6) as [string, string, Pairs, string];
      const exemplar = {
        ...unlessNone("filteredAttributes", attributesOf(attributes, types)),
        timeUnixNano: unsigned(time),
        ...numberPoint(row.slice(3)),
        ...unlessEmpty("spanId", spanId),
        ...unlessEmpty("traceId", traceId),
      };
      const key = `${fingerprint} ${pointTime}`;
      const list = found.get(key);
      if (list === undefined) found.set(key, [exemplar]);
      else list.push(exemplar);
    }
    return found;
  }
}

/** Series of one metric of one resource and scope, whose points make one Metric. */
function groupedByMetric(series: readonly Series[]): Series[][] {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const key = JSON.stringify([one.resource, one.head, one.temporality, one.monotonic]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function metricOf({ head, type, temporality, monotonic }: Series, dataPoints: readonly object[]): object {
  const data = {
    dataPoints,
    ...unlessZero("aggregationTemporality", temporality),
    ...(monotonic ? { isMonotonic: true } : {}),
  };
  return { ...head, [SHAPES[type]!.field]: data };
}

function pointsWhere(series: readonly Series[], window: TimeWindow, time = "Timestamp"): string {
  return new Conditions().add(isOfSeries(series)).within(time, window).where;
}

function numberPoint([value, intValue, valueType]: Row): object {
  if (valueType === VALUE_TYPE.int) return { asInt: intValue };
  return valueType === VALUE_TYPE.double ? { asDouble: double(value) } : {};
}

function histogramPoint(row: Row): object {
  const [count, sum, min, max, has, bucketCounts, explicitBounds] = row as [
    string,
    unknown,
    unknown,
    unknown,
    number,
    string[],
    unknown[],
  ];
  return {
    ...unlessEmpty("count", count === "0" ? "" : count),
    ...optionalFields(has, sum, min, max),
    ...unlessNone("bucketCounts", bucketCounts),
    ...unlessNone("explicitBounds", explicitBounds.map(double)),
  };
}

function exponentialHistogramPoint(row: Row): object {
  const [count, sum, min, max, has, scale, zeroCount, zeroThreshold] = row as [
    string,
    unknown,
    unknown,
    unknown,
    number,
    number,
    string,
    number,
  ];
  const [positiveOffset, positive, negativeOffset, negative] = row.slice(8) as [number, string[], number, string[]];
  return {
    ...unlessEmpty("count", count === "0" ? "" : count),
    ...optionalFields(has, sum, min, max),
    ...unlessZero("scale", scale),
    ...unlessEmpty("zeroCount", zeroCount === "0" ? "" : zeroCount),
    ...unlessPlusZero("zeroThreshold", double(zeroThreshold)),
    ...((has & HAS.positive) === 0 ? {} : { positive: buckets(positiveOffset, positive) }),
    ...((has & HAS.negative) === 0 ? {} : { negative: buckets(negativeOffset, negative) }),
  };
}

function buckets(offset: number, bucketCounts: readonly string[]): object {
  return { ...unlessZero("offset", offset), ...unlessNone("bucketCounts", bucketCounts) };
}

function summaryPoint(row: Row): object {
  const [count, sum, quantiles, values] = row as [string, unknown, unknown[], unknown[]];
  return {
    ...unlessEmpty("count", count === "0" ? "" : count),
    ...unlessPlusZero("sum", double(sum)),
    ...unlessNone(
      "quantileValues",
      quantiles.map((quantile, i) => ({ quantile: double(quantile), value: double(values[i]) })),
    ),
  };
}

function optionalFields(has: number, sum: unknown, min: unknown, max: unknown): object {
  return {
    ...((has & HAS.sum) === 0 ? {} : { sum: double(sum) }),
    ...((has & HAS.min) === 0 ? {} : { min: double(min) }),
    ...((has & HAS.max) === 0 ? {} : { max: double(max) }),
  };
}

/** proto3 writes -0, which `double` makes a word. */
function unlessPlusZero(name: string, value: number | string): object {
  return value === 0 ? {} : { [name]: value };
}

/** As OTLP/JSON writes a double: what isn't finite, and -0, as a word. */
function double(value: unknown): number | string {
  const number = engineDouble(value as number | string);
  if (Object.is(number, -0)) return "-0";
  return Number.isFinite(number) ? number : String(number);
}

function unsigned(nanos: string): string {
  return BigInt.asUintN(64, BigInt(nanos)).toString();
}
