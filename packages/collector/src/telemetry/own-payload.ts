/** The collector's own telemetry as OTLP. */
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import type { Family, Sample } from "./exposition.ts";
import type { Fields, Level } from "./logger.ts";
import type { EndedSpan } from "./tracer.ts";

export type OwnResource = Readonly<Record<string, string>>;

const SCOPE = { name: "clew/collector" };
const KIND_INTERNAL = 1;
const STATUS_ERROR = 2;
const DELTA = 1;
const CUMULATIVE = 2;
/** (Logs data model, "SeverityNumber") */
const SEVERITIES: Readonly<Record<Level, number>> = { debug: 5, info: 9, warn: 13, error: 17 };

export function spanPayload(span: EndedSpan, resource: OwnResource): Payload {
  const { events, error, startNanos, endNanos, attributes, ...ids } = span;
  const message = {
    ...ids,
    kind: KIND_INTERNAL,
    startTimeUnixNano: startNanos,
    endTimeUnixNano: endNanos,
    attributes: keyValues(attributes),
    events: events.map(({ name, nanos, attributes: own }) => ({
      name,
      timeUnixNano: nanos,
      attributes: keyValues(own),
    })),
    ...(error === undefined ? {} : { status: { code: STATUS_ERROR, message: error } }),
  };
  const scopeSpans = [{ scope: SCOPE, spans: [message] }];
  const bytes = encode(PROTOCOLS.traces.request, { resourceSpans: [{ resource: resourceOf(resource), scopeSpans }] });
  return payloadOf("traces", bytes);
}

export interface OwnLine {
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields;
  readonly nanos: bigint;
}

export function linePayload({ fields, level, message, nanos }: OwnLine, resource: OwnResource): Payload {
  const record = {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: SEVERITIES[level],
    severityText: level,
    body: { stringValue: message },
    attributes: keyValues(fields),
  };
  const scopeLogs = [{ scope: SCOPE, logRecords: [record] }];
  const bytes = encode(PROTOCOLS.logs.request, { resourceLogs: [{ resource: resourceOf(resource), scopeLogs }] });
  return payloadOf("logs", bytes);
}

export interface MetricsTimes {
  readonly nowNanos: bigint;
  readonly startNanos: bigint;
  /** Whether the counts are those since a start that moves. */
  readonly isDelta: boolean;
}

/** What the metrics are now, and since when they count. */
export function metricsPayload(
  families: readonly Family[],
  { isDelta, nowNanos, startNanos }: MetricsTimes,
  resource: OwnResource,
): Payload {
  const aggregationTemporality = isDelta ? DELTA : CUMULATIVE;
  const times = { startTimeUnixNano: startNanos, timeUnixNano: nowNanos };
  const metrics = families.map(({ help, name, samples, type }) => {
    const points = (): object[] =>
      samples.map(({ labels, value }) => ({ ...times, attributes: keyValues(labels), asDouble: value }));
    const described = { name, description: help };
    if (type === "histogram")
      return {
        ...described,
        histogram: { aggregationTemporality, dataPoints: histogramPoints(samples, times) },
      };
    if (type === "counter")
      return { ...described, sum: { aggregationTemporality, isMonotonic: true, dataPoints: points() } };
    return { ...described, gauge: { dataPoints: points() } };
  });
  const scopeMetrics = [{ scope: SCOPE, metrics }];
  const resourceMetrics = [{ resource: resourceOf(resource), scopeMetrics }];
  return payloadOf("metrics", encode(PROTOCOLS.metrics.request, { resourceMetrics }));
}

/** Back from `_bucket`, `_sum` and `_count`, which stand together, to points. */
function histogramPoints(samples: readonly Sample[], times: object): object[] {
  const points: object[] = [];
  let buckets: Sample[] = [];
  let sum = 0;
  for (const sample of samples) {
    if (sample.suffix === "_bucket") buckets.push(sample);
    else if (sample.suffix === "_sum") sum = sample.value;
    else {
      const bounds = buckets.slice(0, -1).map(({ labels }) => Number(labels["le"]));
      const counts = buckets.map(({ value }, i) => BigInt(value - (buckets[i - 1]?.value ?? 0)));
      const attributes = keyValues(sample.labels);
      const point = { attributes, count: BigInt(sample.value), sum, bucketCounts: counts, explicitBounds: bounds };
      points.push({ ...times, ...point });
      buckets = [];
    }
  }
  return points;
}

function resourceOf(resource: OwnResource): object {
  return { attributes: keyValues(resource) };
}

function keyValues(attributes: Fields): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : { key, value: anyValue(value) },
  );
}

function anyValue(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "bigint") return { intValue: value };
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: BigInt(value) } : { doubleValue: value };
  return { stringValue: JSON.stringify(value) };
}
