/** A line for each span, data point and log record. */
import {
  decode,
  payloadBytes,
  PROTOCOLS,
  type ExponentialHistogramDataPointObject,
  type HistogramDataPointObject,
  type KeyValueObject,
  type LogsObject,
  type MetricObject,
  type MetricsObject,
  type NumberDataPointObject,
  type Payload,
  type ResourceObject,
  type ScopeObject,
  type Signal,
  type SummaryDataPointObject,
  type TracesObject,
} from "@clew/otlp";
import { fixed, floatText, hex, pairs, plainText } from "./text.ts";

/** The lines of each signal's decoded request. */
const LINES: Readonly<Record<Signal, (request: unknown) => string[]>> = {
  traces: (request) => traceLines(request as TracesObject),
  metrics: (request) => metricLines(request as MetricsObject),
  logs: (request) => logLines(request as LogsObject),
};

/** Each line ends with a break. */
export function normalText(payload: Payload): string {
  const lines = LINES[payload.signal](decode(PROTOCOLS[payload.signal].request, payloadBytes(payload)));
  return lines.map((line) => `${line}\n`).join("");
}

function traceLines({ resourceSpans }: TracesObject): string[] {
  return resourceSpans.flatMap(({ resource, schemaUrl, scopeSpans }, i) => [
    resourceLine("ResourceTraces", i, resource, schemaUrl),
    ...scopeSpans.flatMap(({ scope, schemaUrl: url, spans }, j) => [
      scopeLine("ScopeTraces", j, scope, url),
      ...spans.map((span) => [span.name, hex(span.traceId), hex(span.spanId), ...pairs(span.attributes)].join(" ")),
    ]),
  ]);
}

function logLines({ resourceLogs }: LogsObject): string[] {
  return resourceLogs.flatMap(({ resource, schemaUrl, scopeLogs }, i) => [
    resourceLine("ResourceLog", i, resource, schemaUrl),
    ...scopeLogs.flatMap(({ scope, schemaUrl: url, logRecords }, j) => [
      scopeLine("ScopeLog", j, scope, url),
      ...logRecords.map(({ body, attributes }) => `${plainText(body)} ${pairs(attributes).join(" ")}`),
    ]),
  ]);
}

function metricLines({ resourceMetrics }: MetricsObject): string[] {
  return resourceMetrics.flatMap(({ resource, schemaUrl, scopeMetrics }, i) => [
    resourceLine("ResourceMetrics", i, resource, schemaUrl),
    ...scopeMetrics.flatMap(({ scope, schemaUrl: url, metrics }, j) => [
      scopeLine("ScopeMetrics", j, scope, url),
      ...metrics.flatMap((metric) => pointLines(metric)),
    ]),
  ]);
}

function pointLines({ name, gauge, sum, histogram, exponentialHistogram, summary }: MetricObject): string[] {
  const line = ({ attributes }: { attributes: readonly KeyValueObject[] }, values: readonly string[]): string =>
    `${name}{${pairs(attributes).join(",")}} ${values.join(" ")}`;
  return [
    ...((gauge ?? sum)?.dataPoints ?? []).map((point) => line(point, [numberText(point)])),
    ...(histogram?.dataPoints ?? []).map((point) => line(point, [...totals(point), ...buckets(point)])),
    ...(exponentialHistogram?.dataPoints ?? []).map((point) =>
      line(point, [...totals(point), ...exponentialBuckets(point)]),
    ),
    ...(summary?.dataPoints ?? []).map((point) => line(point, summaryValues(point))),
  ];
}

function numberText({ asInt, asDouble }: NumberDataPointObject): string {
  return asInt === undefined ? (asDouble === undefined ? "" : floatText(asDouble)) : String(asInt);
}

function totals({ count, sum, min, max }: { count: bigint; sum?: number; min?: number; max?: number }): string[] {
  const given = Object.entries({ sum, min, max });
  return [
    `count=${count}`,
    ...given.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${floatText(value)}`])),
  ];
}

function buckets({ bucketCounts, explicitBounds }: HistogramDataPointObject): string[] {
  return bucketCounts.map((count, i) => {
    const bound = explicitBounds[i];
    return bound === undefined ? String(count) : `le${floatText(bound)}=${count}`;
  });
}

/** The original takes bucket bounds from exp(index × factor), and so do we, to the last digit. */
function exponentialBuckets(point: ExponentialHistogramDataPointObject): string[] {
  const factor = Math.LN2 * 2 ** -point.scale;
  const negative = (point.negative?.bucketCounts ?? []).map((count, i) => {
    return `le${floatText(-Math.exp(((point.negative?.offset ?? 0) + i) * factor))}=${count}`;
  });
  const positive = (point.positive?.bucketCounts ?? []).map((count, i) => {
    return `le${floatText(Math.exp(((point.positive?.offset ?? 0) + i + 1) * factor))}=${count}`;
  });
  return [...negative.reverse(), ...(point.zeroCount === 0n ? [] : [`zero=${point.zeroCount}`]), ...positive];
}

function summaryValues({ count, sum, quantileValues }: SummaryDataPointObject): string[] {
  const quantiles = quantileValues.map(({ quantile, value }) => `q${floatText(quantile)}=${floatText(value)}`);
  return [`count=${count}`, `sum=${fixed(sum)}`, ...quantiles];
}

function resourceLine(title: string, index: number, resource: ResourceObject | undefined, schemaUrl: string): string {
  const url = schemaUrl === "" ? [] : [`[${schemaUrl}]`];
  return [`${title} #${index}`, ...url, ...pairs(resource?.attributes ?? [])].join(" ");
}

function scopeLine(title: string, index: number, scope: ScopeObject | undefined, schemaUrl: string): string {
  const name = `${scope?.name ?? ""}${scope === undefined || scope.version === "" ? "" : `@${scope.version}`}`;
  const details = [name, schemaUrl === "" ? "" : `[${schemaUrl}]`].filter((one) => one !== "");
  return [`${title} #${index}`, ...details, ...pairs(scope?.attributes ?? [])].join(" ");
}
