import { context, metrics, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { credentials, Metadata } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import { decode } from "../otlp-schema.test-kit.ts";
import { type OtlpServer, startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { OTLPTraceExporter as GrpcTraceExporter } from "./official/exporter-trace-otlp-grpc.ts";
import { OTLPTraceExporter as JsonTraceExporter } from "./official/exporter-trace-otlp-http.ts";
import {
  AggregationTemporality,
  BasicTracerProvider,
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  createLoggerConfigurator,
  InMemoryLogRecordExporter,
  InMemoryMetricExporter,
  InMemorySpanExporter,
  isUrlIgnored,
  LoggerProvider,
  merge,
  NodeSDK,
  NodeTracerProvider,
  OTLPTraceExporter,
  PeriodicExportingMetricReader,
  SimpleLogRecordProcessor,
  SimpleSpanProcessor,
  TraceState,
} from "./index.ts";

const servers: OtlpServer[] = [];
afterEach(async () => {
  unregisterAll();
  for (const server of servers.splice(0)) await server.close();
});

async function started(starting: Promise<OtlpServer>): Promise<OtlpServer> {
  const server = await starting;
  servers.push(server);
  return server;
}

async function sendSpan(exporter: OTLPTraceExporter): Promise<void> {
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.getTracer("t").startSpan("work").end();
  await provider.shutdown();
}

test("each OTLP exporter sends by the protocol of its package", async () => {
  const http = await started(startHttpServer());
  await sendSpan(new OTLPTraceExporter({ url: `${http.url}/v1/traces` }));
  await sendSpan(new JsonTraceExporter({ url: `${http.url}/v1/traces` }));
  expect(http.received.map(({ headers }) => headers["content-type"])).toEqual([
    "application/x-protobuf",
    "application/json",
  ]);
});

test("metadata and credentials of gRPC are understood", async () => {
  const server = await started(startGrpcServer());
  const metadata = new Metadata();
  metadata.set("x-tenant", "shop");
  const url = server.url.replace("http://", "");
  await sendSpan(new GrpcTraceExporter({ url, metadata, credentials: credentials.createInsecure() }));
  expect(server.received.map(({ headers }) => headers["x-tenant"])).toEqual(["shop"]);
});

test("headers from a function, which are not supported, are warned about", async () => {
  const diagnostics = collectDiagnostics();
  const exporter = new OTLPTraceExporter({ headers: () => ({ authorization: "Bearer secret" }) });
  diagnostics.stop();
  expect(diagnostics.lines).toEqual([
    "warn OTLP exporter: headers is a function, expected an object: no headers are sent",
  ]);
  await exporter.shutdown();
});

test("NodeSDK takes the deprecated options for one of each", async () => {
  const spans = new InMemorySpanExporter();
  const records = new InMemoryLogRecordExporter();
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const sdk = new NodeSDK({
    autoDetectResources: false,
    exitTimeoutMillis: 0,
    spanProcessor: new SimpleSpanProcessor(spans),
    logRecordProcessor: new SimpleLogRecordProcessor(records),
    metricReader: new PeriodicExportingMetricReader({ exporter: metricExporter }),
    views: [{ instrumentName: "c", name: "renamed" }],
    textMapPropagator: null,
  });
  sdk.start();
  trace.getTracer("t").startSpan("work").end();
  logs.getLogger("l").emit({ body: "hello" });
  metrics.getMeter("m").createCounter("c").add(1);
  await sdk.forceFlush();
  const names = metricExporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .filter(({ scope }) => scope.name === "m")
    .flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name));
  expect(names).toEqual(["renamed"]);
  expect(spans.getFinishedSpans().map(({ name }) => name)).toEqual(["work"]);
  expect(records.getFinishedLogRecords().map(({ body }) => body)).toEqual(["hello"]);
  expect(propagation.fields()).toEqual([]);
  await sdk.shutdown();
});

test("NodeSDK sends to a traceExporter in batches", async () => {
  const server = await started(startHttpServer());
  const sdk = new NodeSDK({
    autoDetectResources: false,
    exitTimeoutMillis: 0,
    traceExporter: new OTLPTraceExporter({ url: server.url }),
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  for (const name of ["a", "b"]) trace.getTracer("t").startSpan(name).end();
  await sdk.shutdown();
  const [{ scope_spans }] = decode("TracesRequest", server.received[0]?.body ?? new Uint8Array()).resource_spans;
  expect(server.received).toHaveLength(1);
  expect(scope_spans[0].spans.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
});

test("NodeTracerProvider registers what it is given, and leaves out what is null", () => {
  new NodeTracerProvider().register({ propagator: null });
  expect(propagation.fields()).toEqual([]);
  const key = Symbol("key");
  context.with(ROOT_CONTEXT.setValue(key, 1), () => expect(context.active().getValue(key)).toBe(1));
});

test("general limits hold for spans, unless span limits say otherwise", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    generalLimits: { attributeCountLimit: 1, attributeValueLengthLimit: 2 },
    spanLimits: { attributeValueLengthLimit: 3 },
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider.getTracer("t").startSpan("work").setAttributes({ a: "12345", b: 2 }).end();
  expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({ a: "123" });
});

test("log processors take their exporter as an argument or among the options", async () => {
  const exporters = [new InMemoryLogRecordExporter(), new InMemoryLogRecordExporter(), new InMemoryLogRecordExporter()];
  const [first, second, third] = exporters as [
    InMemoryLogRecordExporter,
    InMemoryLogRecordExporter,
    InMemoryLogRecordExporter,
  ];
  const processors = [
    new BatchLogRecordProcessor(first, { scheduledDelayMillis: 1 }),
    new BatchLogRecordProcessor({ exporter: second, scheduledDelayMillis: 1 }),
    new SimpleLogRecordProcessor({ exporter: third }),
  ];
  const provider = new LoggerProvider({ processors });
  provider.getLogger("l").emit({ body: "hello" });
  await provider.forceFlush();
  expect(exporters.map((exporter) => exporter.getFinishedLogRecords().length)).toEqual([1, 1, 1]);
});

test("a logger configurator turns off the loggers whose names match", () => {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor(exporter)],
    loggerConfigurator: createLoggerConfigurator([{ pattern: "noisy.*", config: { disabled: true } }]),
  });
  for (const name of ["noisy.one", "other"]) provider.getLogger(name).emit({ body: name });
  expect(exporter.getFinishedLogRecords().map(({ body }) => body)).toEqual(["other"]);
});

test("an exporter in memory has a span as soon as it has ended", () => {
  const exporter = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("t");
  const counts = ["a", "b"].map((name) => {
    tracer.startSpan(name).end();
    return exporter.getFinishedSpans().length;
  });
  expect(counts).toEqual([1, 2]);
});

test("a pattern that remembers where it was finds a URL each time", () => {
  const pattern = /health/g;
  expect([1, 2].map(() => isUrlIgnored("http://localhost/health", [pattern]))).toEqual([true, true]);
});

test("merge joins objects key by key, and changes none of them", () => {
  const defaults = { a: 1, nested: { b: [1], c: 2 } };
  expect(merge(defaults, { nested: { b: [3] } }, { a: 4 })).toEqual({ a: 4, nested: { b: [3], c: 2 } });
  expect(defaults).toEqual({ a: 1, nested: { b: [1], c: 2 } });
});

test("a trace state that does not change stays the same one", () => {
  const state = new TraceState("a=1");
  expect(state.unset("b")).toBe(state);
  expect(state.set("b", "2").serialize()).toBe("b=2,a=1");
  expect(state.serialize()).toBe("a=1");
});
