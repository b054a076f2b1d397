import { once } from "node:events";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { context, metrics, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { credentials, Metadata } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import { decode } from "../otlp-schema.test-kit.ts";
import { type HttpAnswer, type OtlpServer, startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { CERTIFICATE, KEY } from "../otlp/tls.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { OTLPTraceExporter as GrpcTraceExporter } from "./official/exporter-trace-otlp-grpc.ts";
import { OTLPTraceExporter as JsonTraceExporter } from "./official/exporter-trace-otlp-http.ts";
import {
  AggregationTemporality,
  BasicTracerProvider,
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  createLoggerConfigurator,
  type ExportResult,
  globalErrorHandler,
  InMemoryLogRecordExporter,
  InMemoryMetricExporter,
  InMemorySpanExporter,
  isUrlIgnored,
  LoggerProvider,
  merge,
  NodeSDK,
  NodeTracerProvider,
  OTLPTraceExporter,
  parseKeyPairsIntoRecord,
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

test("headers from a function, the metadata of a call and a user agent all reach the server", async () => {
  const http = await started(startHttpServer());
  const headers = (): Promise<Record<string, string>> => Promise.resolve({ authorization: "Bearer 1" });
  await sendSpan(new OTLPTraceExporter({ url: http.url, headers, userAgent: "shop/1" }));
  expect(http.received[0]?.headers).toMatchObject({
    authorization: "Bearer 1",
    "user-agent": expect.stringMatching(/^shop\/1 OTel-OTLP-Exporter-Clew/) as string,
  });
});

test("credentials of gRPC bring their certificate, and a token for each call", async () => {
  const token = new Metadata();
  token.set("authorization", "Bearer 2");
  const composed = credentials.combineChannelCredentials(
    credentials.createSsl(Buffer.from(CERTIFICATE)),
    credentials.createFromMetadataGenerator((_, callback) => callback(null, token)),
  );
  const asked: unknown[] = [];
  const server = createSecureServer({ cert: CERTIFICATE, key: KEY });
  server.on("stream", (stream, { authorization }) => {
    asked.push(authorization);
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "0" }, { endStream: true });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await sendSpan(new GrpcTraceExporter({ url: `http://127.0.0.1:${port}`, credentials: composed }));
  server.close();
  expect(asked).toEqual(["Bearer 2"]);
});

test("credentials of gRPC without TLS are used where the environment names an address without a scheme", async () => {
  const server = await started(startGrpcServer());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: server.url.replace("http://", "") };
  await sendSpan(new GrpcTraceExporter({ env, credentials: credentials.createInsecure() }));
  expect(server.received).toHaveLength(1);
});

test("credentials of gRPC that keep their certificates to themselves are warned of", async () => {
  const diagnostics = collectDiagnostics();
  const opaque = { _isSecure: () => true };
  await new GrpcTraceExporter({ url: "localhost:4317", credentials: opaque }).shutdown();
  diagnostics.stop();
  expect(diagnostics.lines).toEqual([expect.stringMatching(/certificates .* cannot be read.*give `tls`/)]);
});

test("an agent's options are used where they mean something, and told of where they do not", async () => {
  const diagnostics = collectDiagnostics();
  const server = await started(startHttpServer());
  const exporter = new OTLPTraceExporter({
    url: server.url,
    httpAgentOptions: { keepAlive: false, maxSockets: 1, localAddress: "127.0.0.1" },
  });
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  for (const name of ["a", "b"]) {
    provider.getTracer("t").startSpan(name).end();
    await provider.forceFlush();
  }
  await provider.shutdown();
  await new OTLPTraceExporter({ httpAgentOptions: () => ({}) }).shutdown();
  diagnostics.stop();
  expect(server.connectionCount()).toBe(2);
  expect(diagnostics.lines).toEqual([
    "warn an OTLP exporter has no use for httpAgentOptions.localAddress: ignored",
    expect.stringMatching(/httpAgentOptions as a function is ignored: give certificates as `tls`/),
  ]);
});

test("an exporter that is at its concurrencyLimit fails one export more, and takes others later", async () => {
  let open = (): void => {};
  const gate = new Promise<HttpAnswer>((resolve) => (open = (): void => resolve({})));
  const server = await started(startHttpServer(() => gate));
  const exporter = new OTLPTraceExporter({ url: server.url, concurrencyLimit: 1 });
  const ended = new InMemorySpanExporter();
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(ended)] }).getTracer("t").startSpan("a").end();
  const exported = (): Promise<ExportResult> =>
    new Promise((resolve) => exporter.export(ended.getFinishedSpans(), resolve));
  const first = exported();
  await server.waitFor(1);
  expect((await exported()).error?.message).toBe("1 exports are under way, which is the limit");
  open();
  expect((await first).error).toBeUndefined();
  expect((await exported()).error).toBeUndefined();
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
  expect(merge(defaults, { nested: { b: [3] } }, { a: 4 })).toEqual({ a: 4, nested: { b: [1, 3], c: 2 } });
  expect(defaults).toEqual({ a: 1, nested: { b: [1], c: 2 } });
});

test.each([
  ["an array and an object", [[1], { a: 2 }], Object.assign([1], { a: 2 })],
  ["undefined, which takes a key away", [{ a: 1, b: { c: 1, d: 2 } }, { b: { c: undefined } }], { a: 1, b: { d: 2 } }],
  ["keys that would change what an object is", [{}, JSON.parse('{"__proto__":{"polluted":1}}')], {}],
])("merge of %s", (_what, values: unknown[], expected) => {
  expect(merge(...values)).toEqual(expected);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test("merge ends where objects hold themselves", () => {
  const [left, right]: Record<string, unknown>[] = [{ a: 1 }, { b: 2 }];
  left!["self"] = left;
  right!["self"] = right;
  expect(merge(left, right)).toEqual({ a: 1, b: 2, self: { a: 1, b: 2 } });
});

test("pairs without a value are passed over", () => {
  expect(parseKeyPairsIntoRecord("a=1,b=,c=%20x")).toEqual({ a: "1", c: " x" });
});

test("the global error handler tells everything of an error", () => {
  const diagnostics = collectDiagnostics();
  globalErrorHandler(Object.assign(new TypeError("bad"), { code: "E_BAD", detail: { a: 1 }, count: 3 }));
  diagnostics.stop();
  expect(JSON.parse(diagnostics.lines[0]?.replace("error ", "") ?? "")).toMatchObject({
    name: "TypeError",
    message: "bad",
    stack: expect.stringContaining("TypeError: bad") as string,
    code: "E_BAD",
    detail: "[object Object]",
    count: "3",
  });
});

test("a trace state that does not change stays the same one", () => {
  const state = new TraceState("a=1");
  expect(state.unset("b")).toBe(state);
  expect(state.set("b", "2").serialize()).toBe("b=2,a=1");
  expect(state.serialize()).toBe("a=1");
});
