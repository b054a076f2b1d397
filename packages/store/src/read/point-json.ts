/** Data points of each kind, from their columns back to OTLP/JSON. */
import { HAS } from "../transcode/points/distribution-columns.ts";
import { VALUE_TYPE } from "../transcode/points/number-columns.ts";
import { attributesOf, type JsonKeyValue } from "./attribute-values.ts";
import { engineDouble } from "./engine-double.ts";
import { unlessEmpty, unlessZero, type Pairs } from "./resource-rows.ts";
import { unlessNone } from "./span-rows.ts";

export type PointRow = readonly unknown[];

export interface PointShape {
  readonly table: string;
  readonly columns: string;
  /** What the metric calls its data. */
  readonly field: string;
  readonly point: (row: PointRow) => object;
}

/** Columns of each table of points behind fingerprint, times and flags, and how they become a point. */
export const POINT_SHAPES: Readonly<Record<string, PointShape>> = {
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

/** What `pointOf` reads. */
export function pointSelect({ columns }: PointShape): string {
  return `Fingerprint, toUnixTimestamp64Nano(Timestamp), toUnixTimestamp64Nano(StartTimestamp), Flags, ${columns}`;
}

/** Names the point that an exemplar came with: its series and time. */
export function pointKey([fingerprint, time]: PointRow): string {
  return `${fingerprint as string} ${time as string}`;
}

export function pointOf(
  shape: PointShape,
  row: PointRow,
  attributes: readonly JsonKeyValue[],
  exemplars: readonly object[],
): object {
  const [, time, start, flags] = row as [string, string, string, number];
  return {
    ...unlessNone("attributes", attributes),
    ...unlessEmpty("startTimeUnixNano", start === "0" ? "" : unsigned(start)),
    timeUnixNano: unsigned(time),
    ...shape.point(row.slice(4)),
    ...unlessNone("exemplars", exemplars),
    ...unlessZero("flags", flags),
  };
}

/** What `exemplarsByPoint` reads of `metric_exemplars`. */
export const EXEMPLAR_SELECT: string = `Fingerprint, toUnixTimestamp64Nano(PointTimestamp), toUnixTimestamp64Nano(Timestamp), Value, IntValue, ValueType, TraceId, SpanId,
  FilteredAttributes, FilteredAttributesTypes`;

/** What tells exemplars of one series and one time apart, so that their order leaves no choice. */
export const EXEMPLAR_TIES =
  "PointTimestamp, TraceId, SpanId, Value, IntValue, ValueType, cityHash64(FilteredAttributes, FilteredAttributesTypes)";

/** Exemplars under the `pointKey` of the point that they came with. */
export function exemplarsByPoint(rows: readonly PointRow[]): Map<string, object[]> {
  const found = new Map<string, object[]>();
  for (const row of rows) {
    const [traceId, spanId, attributes, types] = row.slice(6) as [string, string, Pairs, string];
    const exemplar = {
      ...unlessNone("filteredAttributes", attributesOf(attributes, types)),
      timeUnixNano: unsigned(row[2] as string),
      ...numberPoint(row.slice(3)),
      ...unlessEmpty("spanId", spanId),
      ...unlessEmpty("traceId", traceId),
    };
    const key = pointKey(row);
    const list = found.get(key);
    if (list === undefined) found.set(key, [exemplar]);
    else list.push(exemplar);
  }
  return found;
}

function numberPoint([value, intValue, valueType]: PointRow): object {
  if (valueType === VALUE_TYPE.int) return { asInt: intValue };
  return valueType === VALUE_TYPE.double ? { asDouble: double(value) } : {};
}

function histogramPoint(row: PointRow): object {
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

function exponentialHistogramPoint(row: PointRow): object {
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

function summaryPoint(row: PointRow): object {
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
