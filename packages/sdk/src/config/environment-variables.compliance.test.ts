/** Rows of the specification's compliance matrix, section "Environment Variables". */
import { diag, metrics, propagation, trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { afterEach, describe, expect, test } from "vitest";
import {
  CollectingLogRecordExporter,
  CollectingMetricExporter,
  CollectingSpanExporter,
} from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  defaultResource,
  InMemoryLogRecordExporter,
  InMemorySpanExporter,
  PeriodicExportingMetricReader,
  SimpleLogRecordProcessor,
  SimpleSpanProcessor,
  startSdk,
  TracerProvider,
} from "../index.ts";
import { type LoopbackServer, startLoopbackServer } from "../loopback-server.test-kit.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { type Decoded, decode } from "../otlp-schema.test-kit.ts";
import { type OtlpServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import type { Environment } from "./environment.ts";
import { configurationFile, removeConfigurationFiles } from "./file/configuration-files.test-kit.ts";
import { samplerFromEnvironment } from "./sampler-from-environment.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  unregisterAll();
  removeConfigurationFiles();
  for (const close of closers.splice(0)) await close();
});

const SILENT = {
  OTEL_TRACES_EXPORTER: "none",
  OTEL_METRICS_EXPORTER: "none",
  OTEL_LOGS_EXPORTER: "none",
  OTEL_NODE_RESOURCE_DETECTORS: "none",
};

async function otlpServer(): Promise<OtlpServer> {
  const server = await startHttpServer();
  closers.push(() => server.close());
  return server;
}

async function zipkinServer(bodies: string[] = []): Promise<LoopbackServer> {
  const server = await startLoopbackServer((_, body) => {
    bodies.push(body);
    return { status: 202 };
  });
  closers.push(() => server.close());
  return server;
}

/** The one span that an SDK with these variables records, after `make` was at it. */
async function spanWith(env: Environment): Promise<Record<string, unknown>> {
  const exporter = new InMemorySpanExporter();
  const sdk = startSdk({ env: { ...SILENT, ...env }, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const other = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
  const attributes = { a: "abcdef", b: "x" };
  const span = trace.getTracer("t").startSpan("s", { attributes });
  span.addEvent("e1", attributes).addEvent("e2");
  span.addLink({ context: other, attributes }).addLink({ context: other });
  span.end();
  await sdk.forceFlush();
  const [recorded] = exporter.getFinishedSpans();
  await sdk.shutdown();
  return {
    attributes: recorded?.attributes,
    events: recorded?.events.length,
    links: recorded?.links.length,
    eventAttributes: recorded?.events.at(0)?.attributes,
    linkAttributes: recorded?.links.at(0)?.attributes,
    resource: recorded?.resource.attributes,
  };
}

/** The attributes of the one log record that an SDK with these variables keeps. */
async function recordWith(env: Environment): Promise<unknown> {
  const exporter = new InMemoryLogRecordExporter();
  const sdk = startSdk({ env: { ...SILENT, ...env }, logRecordProcessors: [new SimpleLogRecordProcessor(exporter)] });
  logs.getLogger("l").emit({ body: "x", attributes: { a: "abcdef", b: "x" } });
  await sdk.forceFlush();
  const attributes = exporter.getFinishedLogRecords()[0]?.attributes;
  await sdk.shutdown();
  return attributes;
}

function samplerDescription(env: Environment): string {
  return samplerFromEnvironment(env, defaultResource()).toString();
}

/** The paths of the requests that come from an SDK whose exporters of other signals are off. */
async function pathsOf(env: Environment): Promise<string[]> {
  const server = await otlpServer();
  const sdk = startSdk({ env: { ...SILENT, OTEL_EXPORTER_OTLP_ENDPOINT: server.url, ...env } });
  trace.getTracer("t").startSpan("s").end();
  metrics.getMeter("m").createCounter("c").add(1);
  logs.getLogger("l").emit({ body: "x" });
  await sdk.shutdown();
  return server.received.map(({ path }) => path);
}

describe("compliance: Environment Variables", () => {
  test("OTEL_SDK_DISABLED", async () => {
    expect(await pathsOf({ OTEL_SDK_DISABLED: "TRUE", OTEL_TRACES_EXPORTER: "otlp" })).toEqual([]);
    expect(propagation.fields()).toContain("traceparent");
    unregisterAll();
    const diagnostics = collectDiagnostics();
    expect(await pathsOf({ OTEL_SDK_DISABLED: "yes", OTEL_TRACES_EXPORTER: "otlp" })).toEqual(["/v1/traces"]);
    expect(diagnostics.lines).toEqual([expect.stringContaining("OTEL_SDK_DISABLED is ignored")]);
  });

  test("OTEL_RESOURCE_ATTRIBUTES", async () => {
    const { resource } = await spanWith({ OTEL_RESOURCE_ATTRIBUTES: "team=a%2Cb, region = eu" });
    expect(resource).toMatchObject({ team: "a,b", region: "eu" });
  });

  test("OTEL_SERVICE_NAME", async () => {
    const { resource } = await spanWith({ OTEL_SERVICE_NAME: "a", OTEL_RESOURCE_ATTRIBUTES: "service.name=b" });
    expect(resource).toMatchObject({ "service.name": "a" });
  });

  test("OTEL_LOG_LEVEL", async () => {
    const diagnostics = collectDiagnostics();
    await startSdk({ env: { ...SILENT, OTEL_LOG_LEVEL: "LOUD" } }).shutdown();
    expect(diagnostics.lines).toEqual([expect.stringMatching(/^warn OTEL_LOG_LEVEL is ignored: .*got "loud"/)]);
    unregisterAll();
    const before = collectDiagnostics();
    await startSdk({ env: { ...SILENT, OTEL_LOG_LEVEL: "NONE" } }).shutdown();
    const told = before.lines.length;
    diag.error("to nobody, now that the SDK has a logger of its own at this level");
    expect(before.lines).toHaveLength(told);
  });

  test("OTEL_PROPAGATORS", async () => {
    const fieldsWith = async (names: string | undefined): Promise<string[]> => {
      const sdk = startSdk({ env: { ...SILENT, OTEL_PROPAGATORS: names } });
      const fields = propagation.fields();
      await sdk.shutdown();
      unregisterAll();
      return fields;
    };
    expect(await fieldsWith(undefined)).toEqual(["traceparent", "tracestate", "baggage"]);
    expect(await fieldsWith("b3, b3 ,jaeger")).toEqual(["b3", "uber-trace-id"]);
    expect(await fieldsWith("b3multi,xray,ottrace")).toEqual(
      expect.arrayContaining(["x-b3-traceid", "x-amzn-trace-id", "ot-tracer-traceid"]),
    );
    expect(await fieldsWith("none")).toEqual([]);
    const diagnostics = collectDiagnostics();
    expect(await fieldsWith("b3,pigeon")).toEqual(["b3"]);
    expect(diagnostics.lines).toEqual([expect.stringMatching(/^warn OTEL_PROPAGATORS is ignored: .*got "pigeon"/)]);
  });

  test("OTEL_BSP_*", async () => {
    const clock = new ManualClock();
    const exporter = new CollectingSpanExporter({ isHeld: true });
    const env = { OTEL_BSP_SCHEDULE_DELAY: "10", OTEL_BSP_MAX_QUEUE_SIZE: "3", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "2" };
    const processor = new BatchSpanProcessor(exporter, { clock, env });
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("t");
    tracer.startSpan("a").end();
    await clock.advance(9);
    expect(exporter.names).toEqual([]);
    await clock.advance(1);
    expect(exporter.names).toEqual([["a"]]);
    for (const name of ["b", "c", "d", "e"]) tracer.startSpan(name).end();
    expect(processor.droppedCount).toBe(1);
    exporter.answer();
    await clock.advance(0);
    expect(exporter.names).toEqual([["a"], ["b", "c"]]);
  });

  test("OTEL_BLRP_*", async () => {
    const clock = new ManualClock();
    const exporter = new CollectingLogRecordExporter();
    const env = { OTEL_BLRP_SCHEDULE_DELAY: "10", OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: "2", OTEL_BLRP_EXPORT_TIMEOUT: "0" };
    const sdk = startSdk({ env: SILENT, logRecordProcessors: [new BatchLogRecordProcessor(exporter, { clock, env })] });
    logs.getLogger("l").emit({ body: "a" });
    await clock.advance(10);
    logs.getLogger("l").emit({ body: "b" });
    logs.getLogger("l").emit({ body: "c" });
    await clock.advance(0);
    expect(exporter.exports.map((records) => records.map(({ body }) => body))).toEqual([["a"], ["b", "c"]]);
    await sdk.shutdown();
  });

  test("OTEL_EXPORTER_OTLP_*", async () => {
    const server = await otlpServer();
    const env = {
      ...SILENT,
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_ENDPOINT: `${server.url}/base`,
      OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=general",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "b=own",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_TIMEOUT: "5000",
    };
    const sdk = startSdk({ env });
    trace.getTracer("t").startSpan("s").end();
    await sdk.shutdown();
    expect(server.received).toMatchObject([
      {
        path: "/base/v1/traces",
        headers: { a: "1", b: "own", "content-encoding": "gzip", "content-type": "application/json" },
      },
    ]);
  });

  test("OTEL_EXPORTER_ZIPKIN_*", async () => {
    const server = await zipkinServer();
    const env = {
      ...SILENT,
      OTEL_TRACES_EXPORTER: "zipkin",
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${server.url}/z`,
      OTEL_EXPORTER_ZIPKIN_TIMEOUT: "5000",
    };
    const sdk = startSdk({ env });
    trace.getTracer("t").startSpan("s").end();
    await sdk.shutdown();
    expect(server.asked).toEqual(["POST /z"]);
  });

  test("OTEL_TRACES_EXPORTER", async () => {
    expect(await pathsOf({ OTEL_TRACES_EXPORTER: "otlp" })).toEqual(["/v1/traces"]);
    unregisterAll();
    expect(await pathsOf({ OTEL_TRACES_EXPORTER: "none" })).toEqual([]);
    unregisterAll();
    const diagnostics = collectDiagnostics();
    expect(await pathsOf({ OTEL_TRACES_EXPORTER: "otlp,paper" })).toEqual(["/v1/traces"]);
    expect(diagnostics.lines).toEqual([
      expect.stringMatching(
        /OTEL_TRACES_EXPORTER is ignored: expected one of otlp, otlp\/stdout, zipkin, console, none, got "paper"/,
      ),
    ]);
  });

  test("OTEL_METRICS_EXPORTER", async () => {
    expect(await pathsOf({ OTEL_METRICS_EXPORTER: "otlp" })).toEqual(["/v1/metrics"]);
    unregisterAll();
    const diagnostics = collectDiagnostics();
    const prometheus = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" };
    expect(await pathsOf(prometheus)).toEqual([]);
    expect(diagnostics.lines).toEqual([]);
  });

  test("OTEL_LOGS_EXPORTER", async () => {
    expect(await pathsOf({ OTEL_LOGS_EXPORTER: "otlp" })).toEqual(["/v1/logs"]);
  });

  test("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", async () => {
    const env = { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "1", OTEL_ATTRIBUTE_COUNT_LIMIT: "0" };
    expect((await spanWith(env))["attributes"]).toEqual({ a: "abcdef" });
  });

  test("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", async () => {
    const env = { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: "3", OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "1" };
    expect((await spanWith(env))["attributes"]).toEqual({ a: "abc", b: "x" });
  });

  test("OTEL_SPAN_EVENT_COUNT_LIMIT", async () => {
    expect(await spanWith({ OTEL_SPAN_EVENT_COUNT_LIMIT: "1" })).toMatchObject({ events: 1, links: 2 });
  });

  test("OTEL_SPAN_LINK_COUNT_LIMIT", async () => {
    expect(await spanWith({ OTEL_SPAN_LINK_COUNT_LIMIT: "1" })).toMatchObject({ events: 2, links: 1 });
  });

  test("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", async () => {
    const { eventAttributes, linkAttributes } = await spanWith({ OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: "1" });
    expect(eventAttributes).toEqual({ a: "abcdef" });
    expect(linkAttributes).toEqual({ a: "abcdef", b: "x" });
  });

  test("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", async () => {
    const { eventAttributes, linkAttributes } = await spanWith({ OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: "1" });
    expect(linkAttributes).toEqual({ a: "abcdef" });
    expect(eventAttributes).toEqual({ a: "abcdef", b: "x" });
  });

  test("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", async () => {
    const env = { OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: "1", OTEL_ATTRIBUTE_COUNT_LIMIT: "0" };
    expect(await recordWith(env)).toEqual({ a: "abcdef" });
  });

  test("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", async () => {
    const env = { OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: "3", OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "1" };
    expect(await recordWith(env)).toEqual({ a: "abc", b: "x" });
  });

  test("OTEL_TRACES_SAMPLER", () => {
    const byName = (name: string | undefined): string => samplerDescription({ OTEL_TRACES_SAMPLER: name });
    expect(byName(undefined)).toMatch(/^ParentBased\{root=AlwaysOnSampler, /);
    expect(byName("always_on")).toBe("AlwaysOnSampler");
    expect(byName("always_off")).toBe("AlwaysOffSampler");
    expect(byName("traceidratio")).toBe("TraceIdRatioBased{1}");
    expect(byName("parentbased_always_off")).toMatch(/^ParentBased\{root=AlwaysOffSampler, /);
    expect(byName("parentbased_traceidratio")).toMatch(/^ParentBased\{root=TraceIdRatioBased\{1\}, /);
    const diagnostics = collectDiagnostics();
    expect(byName("sometimes")).toMatch(/^ParentBased\{root=AlwaysOnSampler, /);
    expect(diagnostics.lines).toEqual([
      expect.stringMatching(/^warn OTEL_TRACES_SAMPLER is ignored: .*got "sometimes"/),
    ]);
  });

  test("OTEL_TRACES_SAMPLER_ARG", async () => {
    const withArgument = (argument: string, name = "traceidratio"): string =>
      samplerDescription({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument });
    expect(withArgument("0.25")).toBe("TraceIdRatioBased{0.25}");
    const server = await zipkinServer();
    const remote = `endpoint=${server.url},pollingIntervalMs=5000,initialSamplingRate=0.25`;
    expect(withArgument(remote, "jaeger_remote")).toContain("poolingInterval=5000, sampler=TraceIdRatioBased{0.25}");
    expect(withArgument(remote, "parentbased_jaeger_remote")).toMatch(/^ParentBased\{root=JaegerRemoteSampler/);
    expect(withArgument(`endpoint=${server.url}`, "xray")).toContain(`endpoint=${server.url}`);
    const diagnostics = collectDiagnostics();
    expect(withArgument("lots")).toBe("TraceIdRatioBased{1}");
    expect(diagnostics.lines).toEqual([
      'warn OTEL_TRACES_SAMPLER_ARG is ignored: expected a number from 0 to 1, got "lots"; 1 is used',
    ]);
  });

  test("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", async () => {
    const env = { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "2" };
    expect((await spanWith(env))["attributes"]).toEqual({ a: "ab", b: "x" });
    unregisterAll();
    expect(await recordWith(env)).toEqual({ a: "ab", b: "x" });
  });

  test("OTEL_ATTRIBUTE_COUNT_LIMIT", async () => {
    const env = { OTEL_ATTRIBUTE_COUNT_LIMIT: "1" };
    expect((await spanWith(env))["attributes"]).toEqual({ a: "abcdef" });
    unregisterAll();
    expect(await recordWith(env)).toEqual({ a: "abcdef" });
  });

  test("OTEL_METRIC_EXPORT_INTERVAL", async () => {
    const clock = new ManualClock();
    const exporter = new CollectingMetricExporter();
    const env = { OTEL_METRIC_EXPORT_INTERVAL: "100" };
    const sdk = startSdk({ env: SILENT, metricReaders: [new PeriodicExportingMetricReader({ exporter, clock, env })] });
    metrics.getMeter("m").createCounter("c").add(1);
    await clock.advance(99);
    expect(exporter.exports).toHaveLength(0);
    await clock.advance(1);
    expect(exporter.exports).toHaveLength(1);
    await sdk.shutdown();
  });

  test("OTEL_METRIC_EXPORT_TIMEOUT", async () => {
    const clock = new ManualClock();
    const exporter = new CollectingMetricExporter({ isHeld: true });
    const diagnostics = collectDiagnostics();
    const env = { OTEL_METRIC_EXPORT_TIMEOUT: "50", OTEL_METRIC_EXPORT_INTERVAL: "100" };
    const sdk = startSdk({ env: SILENT, metricReaders: [new PeriodicExportingMetricReader({ exporter, clock, env })] });
    metrics.getMeter("m").createCounter("c").add(1);
    await clock.advance(150);
    expect(diagnostics.lines).toEqual([expect.stringMatching(/50 ms/)]);
    void sdk.shutdown();
    await clock.advance(50);
  });

  test("OTEL_METRICS_EXEMPLAR_FILTER", async () => {
    const exemplarsWith = async (filter: string): Promise<number> => {
      const exporter = new CollectingMetricExporter();
      const sdk = startSdk({
        env: { ...SILENT, OTEL_METRICS_EXEMPLAR_FILTER: filter },
        metricReaders: [new PeriodicExportingMetricReader({ exporter, env: {} })],
      });
      metrics.getMeter("m").createCounter("c").add(1);
      await sdk.shutdown();
      unregisterAll();
      return exporter.exports[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.exemplars.length ?? 0;
    };
    expect([await exemplarsWith("always_on"), await exemplarsWith("always_off")]).toEqual([1, 0]);
  });

  const metricWith = async (env: Environment): Promise<Record<string, unknown>> => {
    const server = await otlpServer();
    const sdk = startSdk({
      env: { ...SILENT, OTEL_METRICS_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_ENDPOINT: server.url, ...env },
    });
    metrics.getMeter("m").createHistogram("h").record(1);
    await sdk.shutdown();
    unregisterAll();
    const [{ scope_metrics }] = decode("MetricsRequest", server.received[0]?.body ?? new Uint8Array()).resource_metrics;
    const { metrics: sent } = scope_metrics.find(({ scope }: Decoded) => scope.name === "m") as Decoded;
    return sent[0] as Record<string, unknown>;
  };

  test("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", async () => {
    const name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    expect(await metricWith({})).toMatchObject({ histogram: { aggregation_temporality: 2 } });
    expect(await metricWith({ [name]: "Delta" })).toMatchObject({ histogram: { aggregation_temporality: 1 } });
  });

  test("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", async () => {
    const name = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
    expect(await metricWith({})).toHaveProperty("histogram");
    expect(await metricWith({ [name]: "base2_exponential_bucket_histogram" })).not.toHaveProperty("histogram");
  });

  test("OTEL_CONFIG_FILE", async () => {
    const path = configurationFile("propagator: { composite: [{ b3: }] }");
    await startSdk({ env: { OTEL_CONFIG_FILE: path, OTEL_PROPAGATORS: "jaeger" } }).shutdown();
    expect(propagation.fields()).toEqual(["b3"]);
  });
});
