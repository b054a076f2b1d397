/** A line for each span, data point and log record. */
import {
  decode,
  payloadBytes,
  PROTOCOLS,
  type LogsObject,
  type MetricObject,
  type MetricsObject,
  type Payload,
  type ResourceObject,
  type ScopeObject,
  type Signal,
  type TracesObject,
} from "@clew/otlp";
import { hex, pairsText, plainText } from "./text.ts";

/** The lines of each signal's decoded request. */
const LINES: Readonly<Record<Signal, (request: unknown) => string[]>> = {
  traces: (request) => traceLines(request as TracesObject),
  metrics: (request) => metricLines(request as MetricsObject),
  logs: (request) => logLines(request as LogsObject),
};

export function normalText(payload: Payload): string {
  return LINES[payload.signal](decode(PROTOCOLS[payload.signal].request, payloadBytes(payload))).join("\n");
}

function traceLines({ resourceSpans }: TracesObject): string[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }, i) => [
    resourceLine("ResourceTraces", i, resource),
    ...scopeSpans.flatMap(({ scope, spans }, j) => [
      scopeLine("ScopeTraces", j, scope),
      ...spans.map((span) => line(span.name, hex(span.traceId), hex(span.spanId), pairsText(span.attributes))),
    ]),
  ]);
}

function logLines({ resourceLogs }: LogsObject): string[] {
  return resourceLogs.flatMap(({ resource, scopeLogs }, i) => [
    resourceLine("ResourceLog", i, resource),
    ...scopeLogs.flatMap(({ scope, logRecords }, j) => [
      scopeLine("ScopeLog", j, scope),
      ...logRecords.map(({ body, attributes }) => line(plainText(body), pairsText(attributes))),
    ]),
  ]);
}

function metricLines({ resourceMetrics }: MetricsObject): string[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics }, i) => [
    resourceLine("ResourceMetrics", i, resource),
    ...scopeMetrics.flatMap(({ scope, metrics }, j) => [
      scopeLine("ScopeMetrics", j, scope),
      ...metrics.flatMap((metric) => pointLines(metric)),
    ]),
  ]);
}

function pointLines({ name, gauge, sum, histogram, exponentialHistogram, summary }: MetricObject): string[] {
  const shown = (attributes: Parameters<typeof pairsText>[0]): string => {
    const pairs = pairsText(attributes).replaceAll(" ", ",");
    return pairs === "" ? name : `${name}{${pairs}}`;
  };
  const numbers = (gauge ?? sum)?.dataPoints ?? [];
  const histograms = [...(histogram?.dataPoints ?? []), ...(exponentialHistogram?.dataPoints ?? [])];
  return [
    ...numbers.map(({ attributes, asInt, asDouble }) => line(shown(attributes), String(asInt ?? asDouble ?? 0))),
    ...histograms.map(({ attributes, count, sum: total, min, max }) => {
      const extremes = line(min === undefined ? "" : `min=${min}`, max === undefined ? "" : `max=${max}`);
      return line(shown(attributes), `count=${count}`, total === undefined ? "" : `sum=${total}`, extremes);
    }),
    ...(summary?.dataPoints ?? []).map(({ attributes, count, sum: total, quantileValues }) => {
      const quantiles = quantileValues.map(({ quantile, value }) => `q${quantile}=${value}`);
      return line(shown(attributes), `count=${count}`, `sum=${total}`, ...quantiles);
    }),
  ];
}

function resourceLine(title: string, index: number, resource: ResourceObject | undefined): string {
  return line(`${title} #${index}`, pairsText(resource?.attributes ?? []));
}

function scopeLine(title: string, index: number, scope: ScopeObject | undefined): string {
  const version = scope === undefined || scope.version === "" ? "" : `@${scope.version}`;
  return line(`${title} #${index}`, `${scope?.name ?? ""}${version}`, pairsText(scope?.attributes ?? []));
}

function line(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
