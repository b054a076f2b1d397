/** OpenTelemetry's own serializers: one batch in JSON and in protobuf must become the same request. */
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from "@opentelemetry/api";
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { decode } from "./decode.ts";
import { fromJson } from "./json/from-json.ts";
import { PROTOCOLS, type Signal } from "./signal.ts";
import { validate } from "./validate.ts";

const resource = resourceFromAttributes({ "service.name": "shop", replica: 3, zones: ["a", "b"], share: 0.25 });
const instrumentationScope = { name: "scope", version: "1.2.3", schemaUrl: "https://opentelemetry.io/schemas/1.30.0" };
const time: HrTime = [1_760_000_000, 123_456_789];
const spanContext = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
};
const attributes = { text: "täxt", yes: true, int: 42, negative: -7, half: 0.5, list: [1, 2.5], big: 2 ** 53 - 1 };

const span = {
  name: "GET /",
  kind: SpanKind.CLIENT,
  spanContext: () => spanContext,
  parentSpanContext: { ...spanContext, spanId: "00f067aa0ba902b7" },
  startTime: time,
  endTime: [time[0], time[1] + 1],
  duration: [0, 1],
  ended: true,
  status: { code: SpanStatusCode.ERROR, message: "no" },
  attributes,
  links: [{ context: spanContext, attributes: { why: "batch" }, droppedAttributesCount: 1 }],
  events: [{ name: "exception", time, attributes: { n: 1 }, droppedAttributesCount: 2 }],
  resource,
  instrumentationScope,
  droppedAttributesCount: 3,
  droppedEventsCount: 4,
  droppedLinksCount: 5,
} as ReadableSpan;

const log = {
  hrTime: time,
  hrTimeObserved: time,
  spanContext,
  severityText: "WARN",
  severityNumber: 13,
  body: { message: "nested", tags: ["x", 1, true], bytes: new Uint8Array([0, 255]) },
  eventName: "rejected",
  resource,
  instrumentationScope,
  attributes,
  droppedAttributesCount: 3,
} as unknown as ReadableLogRecord;

const descriptor = { name: "m", description: "d", unit: "s", valueType: 1, advice: {} };
const metrics = {
  resource,
  scopeMetrics: [
    {
      scope: instrumentationScope,
      metrics: [
        {
          descriptor: { ...descriptor, type: InstrumentType.COUNTER },
          dataPointType: DataPointType.SUM,
          aggregationTemporality: AggregationTemporality.DELTA,
          isMonotonic: true,
          dataPoints: [{ startTime: time, endTime: time, attributes, value: 1.5 }],
        },
        {
          descriptor: { ...descriptor, type: InstrumentType.HISTOGRAM },
          dataPointType: DataPointType.HISTOGRAM,
          aggregationTemporality: AggregationTemporality.CUMULATIVE,
          dataPoints: [
            {
              startTime: time,
              endTime: time,
              attributes,
              value: { count: 3, sum: 6.5, min: 0.5, max: 4, buckets: { boundaries: [1, 2], counts: [1, 1, 1] } },
            },
          ],
        },
        {
          descriptor: { ...descriptor, type: InstrumentType.HISTOGRAM },
          dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
          aggregationTemporality: AggregationTemporality.CUMULATIVE,
          dataPoints: [
            {
              startTime: time,
              endTime: time,
              attributes,
              value: {
                count: 3,
                sum: 6.5,
                min: 0.5,
                max: 4,
                scale: -1,
                zeroCount: 1,
                positive: { offset: -3, bucketCounts: [1, 0, 1] },
                negative: { offset: 0, bucketCounts: [] },
              },
            },
          ],
        },
      ],
    },
  ],
} as unknown as ResourceMetrics;

test.each<[Signal, Uint8Array | undefined, Uint8Array | undefined]>([
  ["traces", ProtobufTraceSerializer.serializeRequest([span]), JsonTraceSerializer.serializeRequest([span])],
  ["logs", ProtobufLogsSerializer.serializeRequest([log]), JsonLogsSerializer.serializeRequest([log])],
  ["metrics", ProtobufMetricsSerializer.serializeRequest(metrics), JsonMetricsSerializer.serializeRequest(metrics)],
])("%s in JSON and in protobuf are the same request", (signal, protobuf, json) => {
  const { request } = PROTOCOLS[signal];
  const fromText = fromJson(request, Buffer.from(json ?? []).toString());
  expect(validate(request, fromText)).toEqual(validate(request, protobuf ?? new Uint8Array(0)));
  expect(validate(request, fromText).items).toBeGreaterThan(0);
  expect(decode(request, fromText)).toEqual(decode(request, protobuf ?? new Uint8Array(0)));
});
