import { context, metrics, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "./diagnostics.test-kit.ts";
import { type Environment } from "./config/environment.ts";
import {
  NodeSDK,
  type NodeSDKConfig,
  OTLPTraceExporter,
  resourceFromAttributes,
  SimpleSpanProcessor,
  startSdk,
  TracerProvider,
} from "./index.ts";
import { type Decoded, decode, plainAttributes } from "./otlp-schema.test-kit.ts";
import { type OtlpServer, startGrpcServer, startHttpServer } from "./otlp-servers.test-kit.ts";
import { unregisterAll } from "./registered-sdk.test-kit.ts";

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

function useAllSignals(): void {
  trace.getTracer("t").startActiveSpan("work", (span) => {
    metrics.getMeter("m").createCounter("c").add(1);
    logs.getLogger("l").emit({ body: "hello" });
    span.end();
  });
}

/** Starts an SDK with these settings, uses all three signals, and stops it. */
async function runSdk(env: Environment, config: NodeSDKConfig = {}): Promise<void> {
  const sdk = startSdk({ env, ...config });
  useAllSignals();
  await sdk.shutdown();
}

async function sentResource(env: Environment, config: NodeSDKConfig = {}): Promise<Record<string, unknown>> {
  const server = await started(startHttpServer());
  await runSdk({ OTEL_EXPORTER_OTLP_ENDPOINT: server.url, ...env }, config);
  const traces = server.received.find(({ path }) => path === "/v1/traces");
  const [{ resource }] = decode("TracesRequest", traces?.body ?? new Uint8Array()).resource_spans;
  return plainAttributes(resource.attributes);
}

test("one call registers the globals, and shutdown sends all three signals over HTTP", async () => {
  const server = await started(startHttpServer());
  await runSdk({ OTEL_EXPORTER_OTLP_ENDPOINT: server.url });
  expect(server.received.map(({ path }) => path).sort()).toEqual(["/v1/logs", "/v1/metrics", "/v1/traces"]);
});

test("or over gRPC, the log with the span's ids", async () => {
  const server = await started(startGrpcServer());
  await runSdk({ OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" });
  const bodyOf = (service: string): Uint8Array =>
    server.received.find(({ path }) => path.includes(service))?.body ?? new Uint8Array();
  const span: Decoded = decode("TracesRequest", bodyOf("TraceService")).resource_spans[0].scope_spans[0].spans[0];
  const record = decode("LogsRequest", bodyOf("LogsService")).resource_logs[0].scope_logs[0].log_records[0];
  expect(record).toMatchObject({ trace_id: span.trace_id, span_id: span.span_id });
  expect(server.received.some(({ path }) => path.includes("MetricsService"))).toBe(true);
});

test("a signal's own endpoint is used as it is, and its headers win over the general ones", async () => {
  const server = await started(startHttpServer());
  await runSdk({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${server.url}/base/`,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${server.url}/only-traces`,
    OTEL_EXPORTER_OTLP_HEADERS: "tenant=all,space=a%20b",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "tenant=traces",
  });
  const tenants = server.received.map(
    ({ path, headers }) => `${path} ${String(headers["tenant"])} ${String(headers["space"])}`,
  );
  expect(tenants.sort()).toEqual(["/base/v1/logs all a b", "/base/v1/metrics all a b", "/only-traces traces a b"]);
});

test("the resource has defaults, an id, the environment's attributes and the code's, the latter winning", async () => {
  const attributes = await sentResource(
    { OTEL_RESOURCE_ATTRIBUTES: "team=a%2Cb,region=eu,service.name=ignored", OTEL_SERVICE_NAME: "shop" },
    { resource: resourceFromAttributes({ region: "us" }) },
  );
  expect(attributes).toMatchObject({
    "service.name": "shop",
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "clew",
    team: "a,b",
    region: "us",
  });
  expect(attributes["service.instance.id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("without a name the service is unknown_service:node", async () => {
  expect((await sentResource({}))["service.name"]).toBe("unknown_service:node");
});

test("resource attributes of which one is malformed are ignored whole, with a warning", async () => {
  const diagnostics = collectDiagnostics();
  expect(await sentResource({ OTEL_RESOURCE_ATTRIBUTES: "team=a,broken=%ZZ" })).not.toHaveProperty("team");
  expect(diagnostics.lines[0]).toMatch(/^warn OTEL_RESOURCE_ATTRIBUTES is ignored: .* got "broken=%ZZ"$/);
});

test("OTEL_SDK_DISABLED leaves propagation on and everything else off", async () => {
  const server = await started(startHttpServer());
  await runSdk({ OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_SDK_DISABLED: "true" });
  expect(server.received).toEqual([]);
  expect(propagation.fields()).toEqual(["traceparent", "tracestate", "baggage"]);
});

test("OTEL_TRACES_SAMPLER and its argument decide, and bad names are warned of", async () => {
  const diagnostics = collectDiagnostics();
  const server = await started(startHttpServer());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };
  await runSdk({ ...env, OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" });
  expect(server.received).toEqual([]);
  unregisterAll();
  const later = collectDiagnostics();
  await runSdk({ ...env, OTEL_TRACES_SAMPLER: "sometimes", OTEL_PROPAGATORS: "pigeon,tracecontext" });
  expect(server.received).toHaveLength(1);
  expect(propagation.fields()).toEqual(["traceparent", "tracestate"]);
  expect(diagnostics.lines).toEqual([]);
  expect(later.lines).toHaveLength(2);
});

test("a second SDK is not used, and says so", async () => {
  const env = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };
  const first = startSdk({ env });
  const diagnostics = collectDiagnostics();
  const second = new NodeSDK({ env });
  second.start();
  expect(diagnostics.lines.some((line) => line.includes("another tracer provider is registered already"))).toBe(true);
  await Promise.all([first.shutdown(), second.shutdown()]);
});

test("instrumentations get the providers and are enabled, then disabled", async () => {
  const calls: string[] = [];
  const instrumentation = {
    setTracerProvider: () => void calls.push("tracer provider"),
    setMeterProvider: () => void calls.push("meter provider"),
    setLoggerProvider: () => void calls.push("logger provider"),
    enable: () => void calls.push("enable"),
    disable: () => void calls.push("disable"),
  };
  await runSdk(
    { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" },
    { instrumentations: [instrumentation] },
  );
  expect(calls).toEqual(["tracer provider", "meter provider", "logger provider", "enable", "disable"]);
});

test("the exporters' own requests are not traced", async () => {
  const server = await started(startHttpServer());
  let isTraced: boolean | undefined;
  const sdk = startSdk({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: server.url },
    spanProcessors: [],
    logRecordProcessors: [],
    metricReaders: [],
  });
  class WatchingExporter extends OTLPTraceExporter {
    override export(...args: Parameters<OTLPTraceExporter["export"]>): void {
      isTraced = trace.getTracer("http").startSpan("POST").isRecording();
      super.export(...args);
    }
  }
  const exporter = new WatchingExporter({ url: server.url, env: {} });
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.getTracer("t").startSpan("work").end();
  await provider.shutdown();
  await sdk.shutdown();
  expect(isTraced).toBe(false);
  expect(context.active()).toBe(ROOT_CONTEXT);
});
