import { type Attributes, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  InMemoryMetricExporter,
  LoggerProvider,
  MeterProvider,
  NodeSDK,
  OTLPLogExporter,
  OTLPTraceExporter,
  ParentBasedSampler,
  PeriodicExportingMetricReader,
  TracerProvider,
} from "../index.ts";
import { AggregationTemporality } from "../metrics/metric-data.ts";
import { type OtlpServer, startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

const servers: OtlpServer[] = [];
afterEach(async () => {
  unregisterAll();
  for (const server of servers.splice(0)) await server.close();
});

function setUp() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const meterProvider = new MeterProvider({ readers: [reader] });
  /** The points of a metric, as value (a histogram's count) and attributes. */
  const points = async (name: string): Promise<[unknown, Attributes][]> => {
    exporter.reset();
    await meterProvider.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics));
    const metric = metrics.find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []).map(({ value, attributes }) => [
      typeof value === "object" ? value.count : value,
      attributes,
    ]);
  };
  return { meterProvider, points };
}

test("spans are counted by where their parent is and what the sampler says, and the live ones", async () => {
  const { meterProvider, points } = setUp();
  const sampler = new ParentBasedSampler({ root: new AlwaysOnSampler(), remoteParentSampled: new AlwaysOffSampler() });
  const tracer = new TracerProvider({ sampler, meterProvider }).getTracer("t");
  const root = tracer.startSpan("root");
  tracer.startSpan("child", {}, trace.setSpan(ROOT_CONTEXT, root)).end();
  const remote = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1, isRemote: true };
  tracer.startSpan("dropped", {}, trace.setSpanContext(ROOT_CONTEXT, remote)).end();

  expect(await points("otel.sdk.span.started")).toEqual([
    [1, { "otel.span.parent.origin": "none", "otel.span.sampling_result": "RECORD_AND_SAMPLE" }],
    [1, { "otel.span.parent.origin": "remote", "otel.span.sampling_result": "DROP" }],
    [1, { "otel.span.parent.origin": "local", "otel.span.sampling_result": "RECORD_AND_SAMPLE" }],
  ]);
  const sampled = { "otel.span.sampling_result": "RECORD_AND_SAMPLE" };
  expect(await points("otel.sdk.span.live")).toEqual([[1, sampled]]);
  root.end();
  expect(await points("otel.sdk.span.live")).toEqual([[0, sampled]]);
});

test("a batch processor tells its queue, what went through and what was lost", async () => {
  const { meterProvider, points } = setUp();
  const exporter = { export() {}, shutdown: async () => {} }; // It never calls back.
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 4, maxExportBatchSize: 2 });
  const tracer = new TracerProvider({ spanProcessors: [processor], meterProvider }).getTracer("t");
  for (let i = 0; i < 9; i++) tracer.startSpan("s").end();

  const component = {
    "otel.component.name": "batching_span_processor/0",
    "otel.component.type": "batching_span_processor",
  };
  expect(await points("otel.sdk.processor.span.queue.capacity")).toEqual([[4, component]]);
  expect(await points("otel.sdk.processor.span.queue.size")).toEqual([[4, component]]);
  expect(await points("otel.sdk.processor.span.processed")).toEqual([
    [2, component],
    [3, { ...component, "error.type": "queue_full" }],
  ]);
});

test("exporters count what they sent, what failed and how, and how long it took", async () => {
  const { meterProvider, points } = setUp();
  const server = await startHttpServer();
  servers.push(server);
  const log = new OTLPLogExporter({ url: server.url });
  const lost = new OTLPTraceExporter({ url: "http://127.0.0.1:1/v1/traces", timeoutMillis: 100 });
  const loggers = new LoggerProvider({ processors: [new BatchLogRecordProcessor(log)], meterProvider });
  const tracers = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(lost)], meterProvider });
  for (let i = 0; i < 3; i++) loggers.getLogger("l").emit({ body: "b" });
  tracers.getTracer("t").startSpan("s").end();
  await Promise.all([loggers.forceFlush(), tracers.forceFlush()]);

  const { hostname, port } = new URL(server.url);
  expect(await points("otel.sdk.log.created")).toEqual([[3, {}]]);
  expect(await points("otel.sdk.exporter.log.inflight")).toMatchObject([[0, {}]]);
  const sent = {
    "otel.component.name": "otlp_http_log_exporter/0",
    "otel.component.type": "otlp_http_log_exporter",
    "server.address": hostname,
    "server.port": Number(port),
  };
  expect(await points("otel.sdk.exporter.log.exported")).toEqual([[3, sent]]);
  const failed = { "otel.component.type": "otlp_http_span_exporter", "error.type": "ECONNREFUSED" };
  expect(await points("otel.sdk.exporter.span.exported")).toMatchObject([[1, failed]]);
  const durations = await points("otel.sdk.exporter.operation.duration");
  expect(durations).toHaveLength(2);
  expect(durations).toContainEqual([1, sent]);
});

test("the whole SDK observes itself without being asked, its readers too", async () => {
  const server = await startGrpcServer();
  servers.push(server);
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };
  const sdk = new NodeSDK({ env, metricReaders: [new PeriodicExportingMetricReader({ exporter })] });
  sdk.start();
  trace.getTracer("t").startSpan("s").end();
  await sdk.forceFlush();
  await sdk.forceFlush();
  const names = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name)),
    );
  expect(new Set(names)).toEqual(
    new Set([
      "otel.sdk.span.started",
      "otel.sdk.span.live",
      "otel.sdk.processor.span.queue.size",
      "otel.sdk.processor.span.queue.capacity",
      "otel.sdk.processor.span.processed",
      "otel.sdk.exporter.span.inflight",
      "otel.sdk.exporter.span.exported",
      "otel.sdk.exporter.operation.duration",
      "otel.sdk.metric_reader.collection.duration",
      "otel.sdk.log.created",
      "otel.sdk.processor.log.queue.size",
      "otel.sdk.processor.log.queue.capacity",
      "otel.sdk.processor.log.processed",
      "otel.sdk.exporter.log.inflight",
    ]),
  );
  await sdk.shutdown();
});
