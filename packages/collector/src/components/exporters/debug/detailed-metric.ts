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
import { fixed, hex, timeText, typedText } from "./text.ts";

const TEMPORALITIES = ["Unspecified", "Delta", "Cumulative"];

export function metricLines(metric: MetricObject): string[] {
  const { name, description, unit, metadata } = metric;
  const { dataType, lines } = dataLines(metric);
  return [
    "Descriptor:",
    `     -> Name: ${name}`,
    `     -> Description: ${description}`,
    `     -> Unit: ${unit}`,
    `     -> DataType: ${dataType}`,
    ...attributeLines("     -> Metadata:", metadata, "          "),
    ...lines,
  ];
}

function dataLines(metric: MetricObject): { dataType: string; lines: string[] } {
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  if (gauge !== undefined) return { dataType: "Gauge", lines: each("NumberDataPoints", gauge.dataPoints, numberLines) };
  if (sum !== undefined) {
    const head = [`     -> IsMonotonic: ${sum.isMonotonic}`, temporalityLine(sum.aggregationTemporality)];
    return { dataType: "Sum", lines: [...head, ...each("NumberDataPoints", sum.dataPoints, numberLines)] };
  }
  if (histogram !== undefined) {
    const points = each("HistogramDataPoints", histogram.dataPoints, histogramLines);
    return { dataType: "Histogram", lines: [temporalityLine(histogram.aggregationTemporality), ...points] };
  }
  if (exponentialHistogram !== undefined) {
    const { aggregationTemporality, dataPoints } = exponentialHistogram;
    const points = each("ExponentialHistogramDataPoints", dataPoints, exponentialLines);
    return { dataType: "ExponentialHistogram", lines: [temporalityLine(aggregationTemporality), ...points] };
  }
  if (summary === undefined) return { dataType: "Empty", lines: [] };
  return { dataType: "Summary", lines: each("SummaryDataPoints", summary.dataPoints, summaryLines) };
}

function temporalityLine(temporality: number): string {
  return `     -> AggregationTemporality: ${TEMPORALITIES[temporality] ?? ""}`;
}

/** Nothing where there are none. */
function attributeLines(title: string, attributes: readonly KeyValueObject[], indent: string): string[] {
  if (attributes.length === 0) return [];
  return [title, ...attributes.map(({ key, value }) => `${indent}-> ${key}: ${typedText(value)}`)];
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
  return [...valueLine("", asInt, asDouble), ...exemplarLines(exemplars)];
}

function valueLine(indent: string, asInt: bigint | undefined, asDouble: number | undefined): string[] {
  if (asInt !== undefined) return [`${indent}Value: ${asInt}`];
  return asDouble === undefined ? [] : [`${indent}Value: ${fixed(asDouble)}`];
}

function histogramLines({ explicitBounds, bucketCounts, exemplars, ...point }: HistogramDataPointObject): string[] {
  return [
    ...totalLines(point),
    ...explicitBounds.map((bound, i) => `ExplicitBounds #${i}: ${fixed(bound)}`),
    ...bucketCounts.map((count, i) => `Buckets #${i}, Count: ${count}`),
    ...exemplarLines(exemplars),
  ];
}

function exponentialLines({ exemplars, scale, ...point }: ExponentialHistogramDataPointObject): string[] {
  const zero = point.zeroCount === 0n ? [] : [`Bucket [0, 0], Count: ${point.zeroCount}`];
  const negative = boundsOf(point.negative, scale).map(
    ({ lower, upper, count }) => `Bucket [${fixed(-upper)}, ${fixed(-lower)}), Count: ${count}`,
  );
  const positive = boundsOf(point.positive, scale).map(
    ({ lower, upper, count }) => `Bucket (${fixed(lower)}, ${fixed(upper)}], Count: ${count}`,
  );
  return [...totalLines(point), ...negative.reverse(), ...zero, ...positive, ...exemplarLines(exemplars)];
}

function boundsOf(
  buckets: BucketsObject | undefined,
  scale: number,
): { lower: number; upper: number; count: bigint }[] {
  const factor = Math.LN2 * 2 ** -scale;
  return (buckets?.bucketCounts ?? []).map((count, i) => {
    const index = (buckets?.offset ?? 0) + i;
    return { lower: Math.exp(index * factor), upper: Math.exp((index + 1) * factor), count };
  });
}

function summaryLines({ count, sum, quantileValues }: SummaryDataPointObject): string[] {
  const quantiles = quantileValues.map(
    ({ quantile, value }, i) => `QuantileValue #${i}: Quantile ${fixed(quantile)}, Value ${fixed(value)}`,
  );
  return [`Count: ${count}`, `Sum: ${fixed(sum)}`, ...quantiles];
}

function totalLines({ count, sum, min, max }: { count: bigint; sum?: number; min?: number; max?: number }): string[] {
  const given = Object.entries({ Sum: sum, Min: min, Max: max });
  return [
    `Count: ${count}`,
    ...given.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${fixed(value)}`])),
  ];
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
      ...valueLine("     -> ", asInt, asDouble),
      ...attributeLines("     -> FilteredAttributes:", filteredAttributes, "          "),
    ]),
  ];
}
