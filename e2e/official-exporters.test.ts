/**
 * The official JavaScript exporters, unmodified, over every protocol: what they send is read
 * back through the HTTP APIs field by field.
 */
import { SpanKind, SpanStatusCode, TraceFlags, ValueType, type HrTime } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { ExportResultCode, type ExportResult } from "@opentelemetry/core";
import { OTLPLogExporter as LogGrpc } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as LogJson } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as LogProto } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as MetricGrpc } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as MetricJson } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as MetricProto } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as TraceGrpc } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as TraceJson } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as TraceProto } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { AggregationTemporality, DataPointType, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const directory = temporaryDirectory();
let clew: RunningClew;

beforeAll(async () => {
  clew = await startClew(directory.path);
});

afterAll(async () => {
  await clew.stop();
  directory.remove();
});

interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

async function send<T>(exporter: Exporter<T>, items: T): Promise<void> {
  const result = await new Promise<ExportResult>((resolve) => exporter.export(items, resolve));
  await exporter.shutdown();
  expect(result).toEqual({ code: ExportResultCode.SUCCESS });
}

const nowSeconds = Math.floor(Date.now() / 1_000) - 5;
const at = (nanos: number): HrTime => [nowSeconds, nanos];
const unixNano = (nanos: number): string => `${nowSeconds}${String(nanos).padStart(9, "0")}`;

const PROTOCOLS = {
  grpc: {
    traces: () => new TraceGrpc({ url: clew.otlpGrpc }),
    metrics: () => new MetricGrpc({ url: clew.otlpGrpc, temporalityPreference: AggregationTemporality.CUMULATIVE }),
    logs: () => new LogGrpc({ url: clew.otlpGrpc }),
  },
  "http/protobuf": {
    traces: () => new TraceProto({ url: `${clew.otlpHttp}/v1/traces` }),
    metrics: () => new MetricProto({ url: `${clew.otlpHttp}/v1/metrics` }),
    logs: () => new LogProto({ url: `${clew.otlpHttp}/v1/logs` }),
  },
  "http/json": {
    traces: () => new TraceJson({ url: `${clew.otlpHttp}/v1/traces` }),
    metrics: () => new MetricJson({ url: `${clew.otlpHttp}/v1/metrics` }),
    logs: () => new LogJson({ url: `${clew.otlpHttp}/v1/logs` }),
  },
};

const attributes = {
  text: 'täxt "quoted"',
  yes: true,
  no: false,
  int: 42,
  negative: -7,
  big: 9_007_199_254_740_991,
  half: 0.5,
  list: ["a", "b"],
  numbers: [1, 2.5],
};

const jsonAttributes = [
  { key: "text", value: { stringValue: 'täxt "quoted"' } },
  { key: "yes", value: { boolValue: true } },
  { key: "no", value: { boolValue: false } },
  { key: "int", value: { intValue: "42" } },
  { key: "negative", value: { intValue: "-7" } },
  { key: "big", value: { intValue: "9007199254740991" } },
  { key: "half", value: { doubleValue: 0.5 } },
  { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } } },
  { key: "numbers", value: { arrayValue: { values: [{ intValue: "1" }, { doubleValue: 2.5 }] } } },
];

const scope = { name: "e2e-scope", version: "1.2.3", schemaUrl: "https://opentelemetry.io/schemas/1.30.0" };

describe.each(Object.entries(PROTOCOLS))("over %s", (protocol, exporters) => {
  const service = `e2e ${protocol}`;
  const resource = resourceFromAttributes({ "service.name": service, "service.instance.id": "i-1", replica: 3 });
  const jsonResource = {
    attributes: [
      { key: "service.name", value: { stringValue: service } },
      { key: "service.instance.id", value: { stringValue: "i-1" } },
      { key: "replica", value: { intValue: "3" } },
    ],
  };

  test("a span comes back with every field", async () => {
    const traceId = `0af7651916cd43dd8448eb211c80${Buffer.from(protocol).toString("hex").slice(-4)}`;
    const span: ReadableSpan = {
      name: "GET /items",
      kind: SpanKind.SERVER,
      spanContext: () => ({
        traceId,
        spanId: "b7ad6b7169203331",
        traceFlags: TraceFlags.SAMPLED,
        traceState: { serialize: () => "a=1,b=2" } as never,
      }),
      parentSpanContext: { traceId, spanId: "00f067aa0ba902b7", traceFlags: TraceFlags.SAMPLED, isRemote: true },
      startTime: at(1_000_001),
      endTime: at(3_500_002),
      duration: [0, 2_500_001],
      ended: true,
      status: { code: SpanStatusCode.ERROR, message: "it broke" },
      attributes,
      links: [
        {
          context: {
            traceId: "11111111111111111111111111111111",
            spanId: "2222222222222222",
            traceFlags: TraceFlags.SAMPLED,
          },
          attributes: { why: "batch" },
          droppedAttributesCount: 2,
        },
      ],
      events: [
        {
          name: "exception",
          time: at(2_000_000),
          attributes: { "exception.message": "no" },
          droppedAttributesCount: 1,
        },
      ],
      resource,
      instrumentationScope: scope,
      droppedAttributesCount: 4,
      droppedEventsCount: 5,
      droppedLinksCount: 6,
    };
    await send(exporters.traces(), [span]);

    const answer = await eventually(
      () =>
        getJson<{
          result?: {
            resourceSpans: { resource: object; scopeSpans: { scope: object; schemaUrl: string; spans: object[] }[] }[];
          };
        }>(`${clew.ui}/api/v3/traces/${traceId}`),
      ({ result }) => result !== undefined,
    );
    const [resourceSpans] = answer.result!.resourceSpans;
    expect(resourceSpans!.resource).toEqual(jsonResource);
    expect(resourceSpans!.scopeSpans[0]).toMatchObject({
      scope: { name: scope.name, version: scope.version },
      schemaUrl: scope.schemaUrl,
    });
    expect(resourceSpans!.scopeSpans[0]!.spans).toEqual([
      {
        traceId,
        spanId: "b7ad6b7169203331",
        parentSpanId: "00f067aa0ba902b7",
        traceState: "a=1,b=2",
        name: "GET /items",
        kind: 2,
        flags: 0x301,
        startTimeUnixNano: unixNano(1_000_001),
        endTimeUnixNano: unixNano(3_500_002),
        attributes: jsonAttributes,
        droppedAttributesCount: 4,
        events: [
          {
            timeUnixNano: unixNano(2_000_000),
            name: "exception",
            attributes: [{ key: "exception.message", value: { stringValue: "no" } }],
            droppedAttributesCount: 1,
          },
        ],
        droppedEventsCount: 5,
        links: [
          {
            traceId: "11111111111111111111111111111111",
            spanId: "2222222222222222",
            attributes: [{ key: "why", value: { stringValue: "batch" } }],
            droppedAttributesCount: 2,
            flags: 0x101,
          },
        ],
        droppedLinksCount: 6,
        status: { code: 2, message: "it broke" },
      },
    ]);
  });

  test("a log record comes back with every field", async () => {
    const record = {
      hrTime: at(7),
      hrTimeObserved: at(9),
      spanContext: {
        traceId: "33333333333333333333333333333333",
        spanId: "4444444444444444",
        traceFlags: TraceFlags.SAMPLED,
      },
      severityText: "WARN",
      severityNumber: SeverityNumber.WARN2,
      body: { message: "nested", tags: ["x", 1, true, null], bytes: new Uint8Array([0, 255]) },
      eventName: "order.rejected",
      resource,
      instrumentationScope: scope,
      attributes: { ...attributes, deep: { a: { b: 1.5 } } },
      droppedAttributesCount: 3,
    } as unknown as ReadableLogRecord;
    await send(exporters.logs(), [record]);

    const { records } = await eventually(
      () =>
        getJson<{ records: Record<string, unknown>[] }>(
          `${clew.ui}/api/clew/v1/logs?service=${encodeURIComponent(service)}`,
        ),
      (answer) => answer.records.length > 0,
    );
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      timeUnixNano: unixNano(7),
      observedTimeUnixNano: unixNano(9),
      severityNumber: 14,
      severityText: "WARN",
      body: {
        kvlistValue: {
          values: [
            { key: "message", value: { stringValue: "nested" } },
            {
              key: "tags",
              value: { arrayValue: { values: [{ stringValue: "x" }, { intValue: "1" }, { boolValue: true }, {}] } },
            },
            { key: "bytes", value: { bytesValue: "AP8=" } },
          ],
        },
      },
      attributes: [
        ...jsonAttributes,
        {
          key: "deep",
          value: {
            kvlistValue: {
              values: [{ key: "a", value: { kvlistValue: { values: [{ key: "b", value: { doubleValue: 1.5 } }] } } }],
            },
          },
        },
      ],
      droppedAttributesCount: 3,
      flags: 1,
      traceId: "33333333333333333333333333333333",
      spanId: "4444444444444444",
      eventName: "order.rejected",
      resource: jsonResource,
      scope: { name: scope.name, version: scope.version },
      scopeSchemaUrl: scope.schemaUrl,
    });
  });

  test("every kind of metric comes back with every field", async () => {
    const point = { startTime: at(0), endTime: at(500_000_000), attributes: { route: "/items", code: 200 } };
    const descriptor = (name: string, valueType = ValueType.DOUBLE) =>
      ({ name, description: `about ${name}`, unit: "ms", valueType, type: "COUNTER", advice: {} }) as never;
    const metrics: ResourceMetrics = {
      resource,
      scopeMetrics: [
        {
          scope,
          metrics: [
            {
              descriptor: descriptor(`${protocol} sum`, ValueType.INT),
              aggregationTemporality: AggregationTemporality.CUMULATIVE,
              dataPointType: DataPointType.SUM,
              isMonotonic: true,
              dataPoints: [{ ...point, value: 12 }],
            },
            {
              descriptor: descriptor(`${protocol} updown`),
              aggregationTemporality: AggregationTemporality.DELTA,
              dataPointType: DataPointType.SUM,
              isMonotonic: false,
              dataPoints: [{ ...point, value: -1.25 }],
            },
            {
              descriptor: descriptor(`${protocol} gauge`),
              aggregationTemporality: AggregationTemporality.CUMULATIVE,
              dataPointType: DataPointType.GAUGE,
              dataPoints: [{ ...point, value: 0.1 }],
            },
            {
              descriptor: descriptor(`${protocol} histogram`),
              aggregationTemporality: AggregationTemporality.DELTA,
              dataPointType: DataPointType.HISTOGRAM,
              dataPoints: [
                {
                  ...point,
                  value: {
                    count: 6,
                    sum: 21.5,
                    min: 0.5,
                    max: 12,
                    buckets: { boundaries: [1, 5, 10], counts: [1, 2, 2, 1] },
                  },
                },
              ],
            },
            {
              descriptor: descriptor(`${protocol} exponential`),
              aggregationTemporality: AggregationTemporality.CUMULATIVE,
              dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
              dataPoints: [
                {
                  ...point,
                  value: {
                    count: 7,
                    sum: 9,
                    min: -2,
                    max: 4,
                    scale: -1,
                    zeroCount: 1,
                    positive: { offset: 2, bucketCounts: [1, 0, 3] },
                    negative: { offset: -3, bucketCounts: [2] },
                  },
                },
              ],
            },
          ],
        },
      ],
    };
    await send(exporters.metrics(), metrics);

    const read = async (name: string): Promise<Record<string, never>> => {
      const url = `${clew.ui}/api/clew/v1/metrics/points?name=${encodeURIComponent(`${protocol} ${name}`)}`;
      const { resourceMetrics } = await eventually(
        () =>
          getJson<{
            resourceMetrics: {
              resource: object;
              scopeMetrics: { scope: object; schemaUrl: string; metrics: Record<string, never>[] }[];
            }[];
          }>(url),
        (answer) => answer.resourceMetrics.length > 0,
      );
      expect(resourceMetrics[0]!.resource).toEqual(jsonResource);
      expect(resourceMetrics[0]!.scopeMetrics[0]).toMatchObject({
        scope: { name: scope.name, version: scope.version },
        schemaUrl: scope.schemaUrl,
      });
      const [metric] = resourceMetrics[0]!.scopeMetrics[0]!.metrics;
      expect(metric).toMatchObject({
        name: `${protocol} ${name}`,
        description: `about ${protocol} ${name}`,
        unit: "ms",
      });
      return metric!;
    };
    const jsonPoint = {
      startTimeUnixNano: unixNano(0),
      timeUnixNano: unixNano(500_000_000),
      attributes: [
        { key: "route", value: { stringValue: "/items" } },
        { key: "code", value: { intValue: "200" } },
      ],
    };
    expect((await read("sum"))["sum"]).toEqual({
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ ...jsonPoint, asInt: "12" }],
    });
    expect((await read("updown"))["sum"]).toEqual({
      aggregationTemporality: 1,
      dataPoints: [{ ...jsonPoint, asDouble: -1.25 }],
    });
    expect((await read("gauge"))["gauge"]).toEqual({ dataPoints: [{ ...jsonPoint, asDouble: 0.1 }] });
    expect((await read("histogram"))["histogram"]).toEqual({
      aggregationTemporality: 1,
      dataPoints: [
        {
          ...jsonPoint,
          count: "6",
          sum: 21.5,
          min: 0.5,
          max: 12,
          bucketCounts: ["1", "2", "2", "1"],
          explicitBounds: [1, 5, 10],
        },
      ],
    });
    expect((await read("exponential"))["exponentialHistogram"]).toEqual({
      aggregationTemporality: 2,
      dataPoints: [
        {
          ...jsonPoint,
          count: "7",
          sum: 9,
          min: -2,
          max: 4,
          scale: -1,
          zeroCount: "1",
          positive: { offset: 2, bucketCounts: ["1", "0", "3"] },
          negative: { offset: -3, bucketCounts: ["2"] },
        },
      ],
    });
  });
});
