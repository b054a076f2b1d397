/** A metric and its data points, one field on each line. */
import type {
  BucketsObject,
  ExemplarObject,
  ExponentialHistogramDataPointObject,
  HistogramDataPointObject,
  KeyValueObject,
  MetricObject,
  NumberDataPointObject,
  SummaryDataPointObject,
} from "@clew/otlp";
import { hex, pairsText, timeText, typedText } from "./text.ts";

const TEMPORALITIES = ["Unspecified", "Delta", "Cumulative"];

export function metricLines(metric: MetricObject): string[] {
  const { name, description, unit, gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const head = ["Descriptor:", `     -> Name: ${name}`, `     -> Description: ${description}`, `     -> Unit: ${unit}`];
  const type = (dataType: string, temporality?: number): string[] => [
    `     -> DataType: ${dataType}`,
    ...(temporality === undefined
      ? []
      : [`     -> AggregationTemporality: ${TEMPORALITIES[temporality] ?? temporality}`]),
  ];
  if (gauge !== undefined)
    return [...head, ...type("Gauge"), ...each("NumberDataPoints", gauge.dataPoints, numberLines)];
  if (sum !== undefined) {
    const monotonic = `     -> IsMonotonic: ${sum.isMonotonic}`;
    return [
      ...head,
      ...type("Sum"),
      monotonic,
      ...type("Sum", sum.aggregationTemporality).slice(1),
      ...each("NumberDataPoints", sum.dataPoints, numberLines),
    ];
  }
  if (histogram !== undefined) {
    return [
      ...head,
      ...type("Histogram", histogram.aggregationTemporality),
      ...each("HistogramDataPoints", histogram.dataPoints, histogramLines),
    ];
  }
  if (exponentialHistogram !== undefined) {
    const { aggregationTemporality, dataPoints } = exponentialHistogram;
    const points = each("ExponentialHistogramDataPoints", dataPoints, exponentialLines);
    return [...head, ...type("ExponentialHistogram", aggregationTemporality), ...points];
  }
  if (summary === undefined) return [...head, ...type("Empty")];
  return [...head, ...type("Summary"), ...each("SummaryDataPoints", summary.dataPoints, summaryLines)];
}

interface AnyPoint {
  readonly attributes: readonly KeyValueObject[];
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
}

function each<Point extends AnyPoint>(
  title: string,
  points: readonly Point[],
  lines: (point: Point) => string[],
): string[] {
  return points.flatMap((point, i) => [
    `${title} #${i}`,
    ...(point.attributes.length === 0 ? [] : ["Data point attributes:"]),
    ...point.attributes.map(({ key, value }) => `     -> ${key}: ${typedText(value)}`),
    `StartTimestamp: ${timeText(point.startTimeUnixNano)}`,
    `Timestamp: ${timeText(point.timeUnixNano)}`,
    ...lines(point),
  ]);
}

function numberLines({ asInt, asDouble, exemplars }: NumberDataPointObject): string[] {
  return [`Value: ${asInt ?? asDouble ?? 0}`, ...exemplarLines(exemplars)];
}

function histogramLines({ explicitBounds, bucketCounts, exemplars, ...point }: HistogramDataPointObject): string[] {
  return [
    ...totalLines(point),
    ...explicitBounds.map((bound, i) => `ExplicitBounds #${i}: ${bound}`),
    ...bucketCounts.map((count, i) => `Buckets #${i}, Count: ${count}`),
    ...exemplarLines(exemplars),
  ];
}

function exponentialLines({ exemplars, ...point }: ExponentialHistogramDataPointObject): string[] {
  return [
    ...totalLines(point),
    `Scale: ${point.scale}`,
    `ZeroCount: ${point.zeroCount}`,
    ...bucketLines("Negative", point.negative),
    ...bucketLines("Positive", point.positive),
    ...exemplarLines(exemplars),
  ];
}

function summaryLines({ count, sum, quantileValues }: SummaryDataPointObject): string[] {
  const quantiles = quantileValues.map(
    ({ quantile, value }, i) => `QuantileValue #${i}: Quantile ${quantile}, Value ${value}`,
  );
  return [`Count: ${count}`, `Sum: ${sum}`, ...quantiles];
}

function totalLines({ count, sum, min, max }: { count: bigint; sum?: number; min?: number; max?: number }): string[] {
  const optional = { Sum: sum, Min: min, Max: max };
  const given = Object.entries(optional).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [`Count: ${count}`, ...given];
}

function bucketLines(sign: string, buckets: BucketsObject | undefined): string[] {
  return (buckets?.bucketCounts ?? []).map(
    (count, i) => `${sign} bucket ${(buckets?.offset ?? 0) + i}, Count: ${count}`,
  );
}

function exemplarLines(exemplars: readonly ExemplarObject[]): string[] {
  if (exemplars.length === 0) return [];
  return [
    "Exemplars:",
    ...exemplars.flatMap(({ traceId, spanId, timeUnixNano, asInt, asDouble, filteredAttributes }, i) => [
      `Exemplar #${i}`,
      `     -> Trace ID: ${hex(traceId)}`,
      `     -> Span ID: ${hex(spanId)}`,
      `     -> Timestamp: ${timeText(timeUnixNano)}`,
      `     -> Value: ${asInt ?? asDouble ?? 0}`,
      ...(filteredAttributes.length === 0 ? [] : [`     -> FilteredAttributes: ${pairsText(filteredAttributes)}`]),
    ]),
  ];
}
