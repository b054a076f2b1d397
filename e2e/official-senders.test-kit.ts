/** Telemetry as an application's SDK has it, and what an official exporter says to it. */
import { SpanKind, SpanStatusCode, TraceFlags, type Attributes, type HrTime } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import type { ExportResult } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { AggregationTemporality, DataPointType, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
}

/** Resolves with whether the receiver acknowledged it. */
export function exportedBy<T>(exporter: Exporter<T>, items: T): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(items, resolve));
}

const scope = { name: "e2e" };

function resourceOf(service: string): ReadableSpan["resource"] {
  return resourceFromAttributes({ "service.name": service });
}

export interface SpanFields {
  readonly service?: string;
  readonly attributes?: Attributes;
  readonly isError?: boolean;
  readonly durationMs?: number;
}

/** A span of a trace of its own, named by `name`. */
export function span(
  name: string,
  { service = "shop", attributes = {}, isError = false, durationMs = 5 }: SpanFields = {},
): ReadableSpan {
  const nowMs = Date.now();
  const id = Array.from({ length: 24 }, () =>
    Math.floor(Math.random() * 256)
      .toString(16)
      .padStart(2, "0"),
  ).join("");
  return {
    name,
    kind: SpanKind.SERVER,
    spanContext: () => ({ traceId: id.slice(0, 32), spanId: id.slice(32), traceFlags: TraceFlags.SAMPLED }),
    startTime: hrTime(nowMs - durationMs),
    endTime: hrTime(nowMs),
    duration: hrTime(durationMs),
    ended: true,
    status: { code: isError ? SpanStatusCode.ERROR : SpanStatusCode.OK },
    attributes,
    links: [],
    events: [],
    resource: resourceOf(service),
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export function logRecord(body: string, attributes: Attributes = {}): ReadableLogRecord {
  return {
    hrTime: hrTime(Date.now()),
    hrTimeObserved: hrTime(Date.now()),
    severityText: "INFO",
    severityNumber: SeverityNumber.INFO,
    body,
    eventName: undefined,
    resource: resourceOf("shop"),
    instrumentationScope: scope,
    attributes,
    droppedAttributesCount: 0,
  } as unknown as ReadableLogRecord;
}

/** A counter that stands at `value`. */
export function counter(name: string, value: number): ResourceMetrics {
  const descriptor = { name, description: "", unit: "1", type: "COUNTER", valueType: 1, advice: {} } as never;
  const point = { startTime: hrTime(Date.now() - 1_000), endTime: hrTime(Date.now()), attributes: {}, value };
  return {
    resource: resourceOf("shop"),
    scopeMetrics: [
      {
        scope,
        metrics: [
          {
            descriptor,
            aggregationTemporality: AggregationTemporality.CUMULATIVE,
            dataPointType: DataPointType.SUM,
            isMonotonic: true,
            dataPoints: [point],
          },
        ],
      },
    ],
  };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)];
}
