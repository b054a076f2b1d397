import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, ValueType } from "@opentelemetry/api";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  AggregationTemporality,
  AggregationTemporalityPreference,
  AggregationType,
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  InstrumentType,
  LoggerProvider,
  MeterProvider,
  OTLPLogExporter,
  OTLPMetricExporter,
  OTLPTraceExporter,
  PeriodicExportingMetricReader,
  type ReadableSpan,
  resourceFromAttributes,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
  W3CTraceContextPropagator,
} from "../index.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { type Decoded, decode, plainAttributes, plainValue } from "../otlp-schema.test-kit.ts";
import { type OtlpServer, startHttpServer } from "../otlp-servers.test-kit.ts";

let server: OtlpServer;
beforeAll(async () => {
  server = await startHttpServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.received.length = 0;
});

const NOW = "1767323045000000000";
const resource = resourceFromAttributes({ "service.name": "shop", weight: 1.5 }, { schemaUrl: "https://r/1" });

async function exportedSpans(
  use: (provider: TracerProvider) => void,
  wrap: (exporter: OTLPTraceExporter) => SpanProcessor = (exporter) => new BatchSpanProcessor(exporter, { env: {} }),
): Promise<Decoded> {
  const exporter = new OTLPTraceExporter({ url: `${server.url}/v1/traces`, env: {} });
  const provider = new TracerProvider({ resource, clock: new ManualClock(), spanProcessors: [wrap(exporter)] });
  use(provider);
  await provider.shutdown();
  return decode("TracesRequest", server.received[0]?.body ?? new Uint8Array());
}

function startFullSpan(provider: TracerProvider): void {
  const carrier = { traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`, tracestate: "vendor=x" };
  const getter = { get: (from: typeof carrier, key: string) => from[key as "traceparent"], keys: () => [] };
  const parent = new W3CTraceContextPropagator().extract(ROOT_CONTEXT, carrier, getter as never);
  const span = provider.getTracer("lib", "1.2", { schemaUrl: "https://s/1" }).startSpan(
    "work",
    {
      kind: SpanKind.SERVER,
      attributes: { text: "é".repeat(200), whole: -7, real: 0.5, yes: true, list: ["a", "b"] },
    },
    parent,
  );
  span.addEvent("event", { n: 1 }, [1_767_323_046, 7]);
  span.addLink({
    context: { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1, isRemote: true },
    attributes: { l: 1 },
  });
  span.setStatus({ code: SpanStatusCode.ERROR, message: "bad" });
  span.end([1_767_323_047, 1]);
}

function expectFullSpan(request: Decoded): void {
  const [resourceSpans] = request.resource_spans;
  expect(resourceSpans.schema_url).toBe("https://r/1");
  expect(plainAttributes(resourceSpans.resource.attributes)).toEqual({ "service.name": "shop", weight: 1.5 });
  const [scopeSpans] = resourceSpans.scope_spans;
  expect(scopeSpans).toMatchObject({ scope: { name: "lib", version: "1.2" }, schema_url: "https://s/1" });
  const [span] = scopeSpans.spans;
  expect(span).toMatchObject({
    trace_id: "1".repeat(32),
    parent_span_id: "2".repeat(16),
    trace_state: "vendor=x",
    name: "work",
    kind: 2,
    start_time_unix_nano: NOW,
    end_time_unix_nano: "1767323047000000001",
    flags: 0x301,
    status: { code: 2, message: "bad" },
    events: [{ name: "event", time_unix_nano: "1767323046000000007" }],
    links: [{ trace_id: "a".repeat(32), span_id: "b".repeat(16), flags: 0x301 }],
  });
  expect(plainAttributes(span.attributes)).toEqual({
    text: "é".repeat(200),
    whole: -7n,
    real: 0.5,
    yes: true,
    list: ["a", "b"],
  });
  expect(plainAttributes(span.events[0].attributes)).toEqual({ n: 1n });
}

test("a span is written with every field", async () => {
  expectFullSpan(await exportedSpans(startFullSpan));
});

test("a span that a user's processor made anew is written the same", async () => {
  expectFullSpan(
    await exportedSpans(startFullSpan, (exporter) => new CopyingProcessor(new SimpleSpanProcessor(exporter))),
  );
});

test("spans of two scopes are two groups of one resource, in one request", async () => {
  const request = await exportedSpans((provider) => {
    for (const name of ["a", "b", "a"]) provider.getTracer(name).startSpan(name).end();
  });
  expect(server.received).toHaveLength(1);
  expect(request.resource_spans).toHaveLength(1);
  const scopes = request.resource_spans[0].scope_spans;
  expect(scopes.map(({ scope, spans }: Decoded) => [scope.name, spans.length])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});

const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 200 }),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test("any value goes out as it came in", async () => {
  const values = fc.sample(anyValue, 500);
  const exporter = new OTLPLogExporter({ url: `${server.url}/v1/logs`, env: {} });
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor(exporter, { env: {} })] });
  for (const value of values) provider.getLogger("test").emit({ body: value as never });
  await provider.shutdown();
  const request = decode("LogsRequest", server.received[0]?.body ?? new Uint8Array());
  const records = request.resource_logs[0].scope_logs[0].log_records;
  expect(records.map((record: Decoded) => plainValue(record.body))).toEqual(values.map(asWritten));
});

/** What a reader of OTLP sees of a value: whole numbers are integers, bytes are shown as hex. */
function asWritten(value: unknown): unknown {
  if (typeof value === "string") return Buffer.from(value).toString("utf8");
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
  if (value instanceof Uint8Array) return `hex:${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(asWritten);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [Buffer.from(key).toString("utf8"), asWritten(item)]),
  );
}

test("a log record is written with every field", async () => {
  const exporter = new OTLPLogExporter({ url: `${server.url}/v1/logs`, env: {} });
  const provider = new LoggerProvider({
    resource,
    clock: new ManualClock(),
    processors: [new BatchLogRecordProcessor(exporter, { env: {} })],
  });
  const active = trace.setSpanContext(ROOT_CONTEXT, { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 });
  provider.getLogger("lib", "1").emit({
    context: active,
    timestamp: new Date(1_700_000_000_000),
    severityNumber: 17,
    severityText: "ERROR",
    eventName: "e",
    body: "text",
    attributes: { a: { b: 1 } },
  });
  await provider.shutdown();
  const [{ scope, log_records }] = decode("LogsRequest", server.received[0]?.body ?? new Uint8Array()).resource_logs[0]
    .scope_logs;
  expect(scope).toEqual({ name: "lib", version: "1" });
  expect(log_records[0]).toMatchObject({
    time_unix_nano: "1700000000000000000",
    observed_time_unix_nano: NOW,
    severity_number: 17,
    severity_text: "ERROR",
    event_name: "e",
    body: { string_value: "text" },
    trace_id: "1".repeat(32),
    span_id: "2".repeat(16),
    flags: 1,
  });
  expect(plainAttributes(log_records[0].attributes)).toEqual({ a: { b: 1n } });
});

test("metrics are written with every field, the same at the second collection", async () => {
  const exporter = new OTLPMetricExporter({ url: `${server.url}/v1/metrics`, env: {} });
  const clock = new ManualClock();
  const reader = new PeriodicExportingMetricReader({ exporter, clock, env: {} });
  const provider = new MeterProvider({ resource, readers: [reader], clock, env: {} });
  const meter = provider.getMeter("lib");
  const sampled = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: "1".repeat(32),
    spanId: "2".repeat(16),
    traceFlags: 1,
  });
  meter.createCounter("c", { unit: "1", description: "d", valueType: ValueType.INT }).add(3, { a: "b" }, sampled);
  meter.createUpDownCounter("u").add(-1.5);
  meter.createGauge("g", { valueType: ValueType.INT }).record(-4);
  meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5, { a: 1 }, sampled);
  await provider.forceFlush();
  await provider.shutdown();
  for (const { body } of server.received) {
    const metrics = decode("MetricsRequest", body).resource_metrics[0].scope_metrics[0].metrics;
    expect(metrics).toMatchObject([
      {
        name: "c",
        unit: "1",
        description: "d",
        sum: {
          is_monotonic: true,
          aggregation_temporality: 2,
          data_points: [{ as_int: "3", start_time_unix_nano: NOW, time_unix_nano: NOW }],
        },
      },
      { name: "u", sum: { aggregation_temporality: 2, data_points: [{ as_double: -1.5 }] } },
      { name: "g", gauge: { data_points: [{ as_int: "-4" }] } },
      {
        name: "h",
        histogram: {
          aggregation_temporality: 2,
          data_points: [
            { count: "1", sum: 1.5, min: 1.5, max: 1.5, bucket_counts: ["0", "1", "0"], explicit_bounds: [1, 2] },
          ],
        },
      },
    ]);
    expect(metrics[1].sum.is_monotonic).toBeUndefined();
    expect(plainAttributes(metrics[0].sum.data_points[0].attributes)).toEqual({ a: "b" });
    expect(plainAttributes(metrics[3].histogram.data_points[0].attributes)).toEqual({ a: 1n });
  }
  const [first] = decode("MetricsRequest", server.received[0]?.body ?? new Uint8Array()).resource_metrics[0]
    .scope_metrics;
  const exemplar = { trace_id: "1".repeat(32), span_id: "2".repeat(16), time_unix_nano: NOW };
  expect(first.metrics[0].sum.data_points[0].exemplars).toEqual([{ ...exemplar, as_int: "3" }]);
  expect(first.metrics[3].histogram.data_points[0].exemplars).toEqual([{ ...exemplar, as_double: 1.5 }]);
});

test.each([
  [AggregationTemporalityPreference.DELTA, 0, 0],
  [AggregationTemporalityPreference.CUMULATIVE, 1, 1],
  [AggregationTemporalityPreference.LOWMEMORY, 0, 1],
  [AggregationTemporality.DELTA, 0, 0],
])("the preference %d of the official exporters is taken", (temporalityPreference, counter, observable) => {
  const aggregationPreference = () => ({ type: AggregationType.SUM });
  const exporter = new OTLPMetricExporter({ temporalityPreference, aggregationPreference, env: {} });
  const types = [InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER];
  expect(types.map((type) => exporter.selectAggregationTemporality(type))).toEqual([counter, observable]);
  expect(exporter.selectAggregation(InstrumentType.HISTOGRAM)).toEqual({ type: AggregationType.SUM });
});

test("histograms are exponential where the environment says so", () => {
  const env = { OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram" };
  const exporter = new OTLPMetricExporter({ env });
  const chosen = [InstrumentType.HISTOGRAM, InstrumentType.COUNTER].map(
    (type) => exporter.selectAggregation(type).type,
  );
  expect(chosen).toEqual([AggregationType.EXPONENTIAL_HISTOGRAM, AggregationType.DEFAULT]);
});

test.each([
  ["delta", [1, 2, 1]],
  ["lowmemory", [1, 2, 2]],
  ["cumulative", [2, 2, 2]],
])("the temporality preference %s is kept", async (preference, expected) => {
  const env = { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference };
  const exporter = new OTLPMetricExporter({ url: `${server.url}/v1/metrics`, env });
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, env: {} })], env: {} });
  const meter = provider.getMeter("lib");
  meter.createCounter("c").add(1);
  meter.createUpDownCounter("u").add(1);
  meter.createObservableCounter("o").addCallback((result) => result.observe(1));
  await provider.shutdown();
  const metrics = decode("MetricsRequest", server.received[0]?.body ?? new Uint8Array()).resource_metrics[0]
    .scope_metrics[0].metrics;
  expect(metrics.map(({ sum }: Decoded) => sum.aggregation_temporality)).toEqual(expected);
});

/** Gives the next processor a plain object instead of the SDK's span. */
class CopyingProcessor implements SpanProcessor {
  readonly #next: SpanProcessor;

  constructor(next: SpanProcessor) {
    this.#next = next;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const {
      name,
      kind,
      parentSpanContext,
      startTime,
      endTime,
      status,
      attributes,
      links,
      events,
      duration,
      ended,
      resource,
      instrumentationScope,
    } = span;
    const counts = { droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 };
    const spanContext = span.spanContext();
    this.#next.onEnd({
      name,
      kind,
      parentSpanContext,
      startTime,
      endTime,
      status,
      attributes,
      links,
      events,
      duration,
      ended,
      resource,
      instrumentationScope,
      ...counts,
      spanContext: () => spanContext,
    });
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#next.shutdown();
  }
}
