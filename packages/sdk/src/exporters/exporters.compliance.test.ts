/** Rows of the specification's compliance matrix, section "Exporters", but for Zipkin's and Prometheus's, which stand there. */
import { Writable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ExportResultCode,
  InMemorySpanExporter,
  InstrumentType,
  LoggerProvider,
  MeterProvider,
  type OTLPExporterConfig,
  OTLPFileLogExporter,
  OTLPLogExporter,
  OTLPMetricExporter,
  OTLPTraceExporter,
  PeriodicExportingMetricReader,
  resourceFromAttributes,
  SimpleSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from "../index.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { decode, encode } from "../otlp-schema.test-kit.ts";
import {
  type GrpcAnswer,
  type HttpAnswer,
  type OtlpServer,
  startGrpcServer,
  startHttpServer,
} from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

const servers: OtlpServer[] = [];
afterEach(async () => {
  unregisterAll();
  for (const server of servers.splice(0)) await server.close();
});

async function httpServer(answer?: (index: number) => HttpAnswer | Promise<HttpAnswer>): Promise<OtlpServer> {
  const server = await startHttpServer(answer);
  servers.push(server);
  return server;
}

async function grpcServer(answer?: (index: number) => GrpcAnswer): Promise<OtlpServer> {
  const server = await startGrpcServer(answer);
  servers.push(server);
  return server;
}

const SCHEMA_URL = "https://example.com/schema";
const resource = resourceFromAttributes({ "service.name": "shop" }, { schemaUrl: SCHEMA_URL });

/** Sends a span, and resolves to what was reported. */
async function sendSpan(exporter: SpanExporter): Promise<string[]> {
  const diagnostics = collectDiagnostics();
  const spanProcessors = [new BatchSpanProcessor(exporter, { env: {} })];
  const provider = new TracerProvider({ resource, spanProcessors });
  provider.getTracer("t", "1", { schemaUrl: SCHEMA_URL }).startSpan("work").end();
  await provider.shutdown();
  return diagnostics.lines;
}

function traceExporter(server: OtlpServer, config: OTLPExporterConfig = {}): OTLPTraceExporter {
  return new OTLPTraceExporter({ url: server.url, env: {}, ...config });
}

/** What the server's answers lead to, the waits between retries passing at once. */
async function sendTo(server: OtlpServer): Promise<string[]> {
  const clock = new ManualClock();
  const sent = sendSpan(traceExporter(server, { clock, timeoutMillis: 1e9 }));
  for (;;) {
    const lines = await Promise.race([sent, clock.advance(1_000)]);
    if (lines !== undefined) return lines;
  }
}

describe("compliance: Exporters", () => {
  test("Exporter interface", async () => {
    const exported: string[] = [];
    const exporter: SpanExporter = {
      export: (spans, resultCallback) => {
        exported.push(...spans.map(({ name }) => name));
        resultCallback({ code: ExportResultCode.SUCCESS });
      },
      shutdown: () => Promise.resolve(),
    };
    await sendSpan(exporter);
    expect(exported).toEqual(["work"]);
  });

  test("Exporter interface has `ForceFlush`", async () => {
    let flushed = 0;
    class Flushing extends InMemorySpanExporter {
      override forceFlush(): Promise<void> {
        flushed++;
        return Promise.resolve();
      }
    }
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(new Flushing())] });
    await provider.forceFlush();
    expect(flushed).toBe(1);
  });

  test("Standard output (logging)", async () => {
    const lines: string[] = [];
    await sendSpan(new ConsoleSpanExporter({ writeLine: (line) => void lines.push(line) }));
    expect(lines).toEqual([expect.stringContaining("SPAN work")]);
  });

  test("In-memory (mock exporter)", async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    provider.getTracer("t").startSpan("work").end();
    await provider.forceFlush();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["work"]);
  });

  test("OTLP/gRPC Exporter", async () => {
    const server = await grpcServer();
    expect(await sendSpan(traceExporter(server, { protocol: "grpc" }))).toEqual([]);
    expect(decode("TracesRequest", server.received[0]?.body ?? new Uint8Array()).resource_spans).toHaveLength(1);
  });

  test("OTLP/HTTP binary Protobuf Exporter", async () => {
    const server = await httpServer();
    expect(await sendSpan(traceExporter(server))).toEqual([]);
    expect(server.received[0]?.headers["content-type"]).toBe("application/x-protobuf");
    expect(decode("TracesRequest", server.received[0]?.body ?? new Uint8Array()).resource_spans).toHaveLength(1);
  });

  test("OTLP/HTTP JSON Protobuf Exporter", async () => {
    const server = await httpServer();
    expect(await sendSpan(traceExporter(server, { protocol: "http/json" }))).toEqual([]);
    expect(server.received[0]?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(server.received[0]?.body.toString() ?? "")).toHaveProperty("resourceSpans");
  });

  test("OTLP/HTTP gzip Content-Encoding support", async () => {
    const server = await httpServer();
    expect(await sendSpan(traceExporter(server, { compression: "gzip" }))).toEqual([]);
    expect(server.received[0]?.headers["content-encoding"]).toBe("gzip");
  });

  test("Enforces request size limit", async () => {
    const server = await httpServer();
    expect(await sendSpan(traceExporter(server, { maxRequestSize: 20 }))).toEqual([
      expect.stringContaining("exceeds the limit of 20"),
    ]);
    expect(server.received).toEqual([]);
  });

  test("Enforces response size limit", async () => {
    const large = new Uint8Array(4 * 1_024 * 1_024 + 1);
    const server = await httpServer(() => ({ status: 503, body: large }));
    expect(await sendTo(server)).toEqual([expect.stringContaining("more than 4194304 bytes")]);
    expect(server.received).toHaveLength(1);
  });

  test("Concurrent sending", async () => {
    let open = (): void => {};
    const gate = new Promise<HttpAnswer>((resolve) => (open = (): void => resolve({})));
    const server = await httpServer(() => gate);
    const exporters = [traceExporter(server), traceExporter(server)];
    const sent = Promise.all(exporters.map((exporter) => sendSpan(exporter)));
    await server.waitFor(2);
    open();
    await sent;
    expect(server.received).toHaveLength(2);
  });

  test("Honors retryable responses with backoff", async () => {
    const server = await httpServer((index) => ({ status: index < 2 ? 503 : 200 }));
    expect(await sendTo(server)).toEqual([]);
    expect(server.received).toHaveLength(3);
  });

  test("Honors non-retryable responses", async () => {
    const server = await httpServer(() => ({ status: 400 }));
    expect(await sendTo(server)).toEqual([expect.stringContaining("HTTP 400")]);
    expect(server.received).toHaveLength(1);
  });

  test("Honors throttling response", async () => {
    const server = await httpServer((index) => (index === 0 ? { status: 429, headers: { "retry-after": "20" } } : {}));
    expect(await sendTo(server)).toEqual([]);
    expect(server.received).toHaveLength(2);
  });

  test("Multi-destination spec compliance", async () => {
    const [good, bad] = [await httpServer(), await httpServer(() => ({ status: 400 }))];
    const spanProcessors = [bad, good].map((one) => new BatchSpanProcessor(traceExporter(one), { env: {} }));
    collectDiagnostics();
    const provider = new TracerProvider({ spanProcessors });
    provider.getTracer("t").startSpan("work").end();
    await provider.shutdown();
    expect([good.received.length, bad.received.length]).toEqual([1, 1]);
  });

  test("SchemaURL in ResourceSpans and ScopeSpans", async () => {
    const server = await httpServer();
    await sendSpan(traceExporter(server));
    const [{ schema_url, scope_spans }] = decode(
      "TracesRequest",
      server.received[0]?.body ?? new Uint8Array(),
    ).resource_spans;
    expect([schema_url, scope_spans[0].schema_url]).toEqual([SCHEMA_URL, SCHEMA_URL]);
  });

  test("SchemaURL in ResourceMetrics and ScopeMetrics", async () => {
    const server = await httpServer();
    const exporter = new OTLPMetricExporter({ url: server.url, env: {} });
    const provider = new MeterProvider({
      resource,
      readers: [new PeriodicExportingMetricReader({ exporter, env: {} })],
    });
    provider.getMeter("m", "1", { schemaUrl: SCHEMA_URL }).createCounter("c").add(1);
    await provider.shutdown();
    const [{ schema_url, scope_metrics }] = decode(
      "MetricsRequest",
      server.received[0]?.body ?? new Uint8Array(),
    ).resource_metrics;
    expect([schema_url, scope_metrics[0].schema_url]).toEqual([SCHEMA_URL, SCHEMA_URL]);
  });

  test("SchemaURL in ResourceLogs and ScopeLogs", async () => {
    const server = await httpServer();
    const processor = new BatchLogRecordProcessor(new OTLPLogExporter({ url: server.url, env: {} }), { env: {} });
    const provider = new LoggerProvider({ resource, processors: [processor] });
    provider.getLogger("l", "1", { schemaUrl: SCHEMA_URL }).emit({ body: "x" });
    await provider.shutdown();
    const [{ schema_url, scope_logs }] = decode(
      "LogsRequest",
      server.received[0]?.body ?? new Uint8Array(),
    ).resource_logs;
    expect([schema_url, scope_logs[0].schema_url]).toEqual([SCHEMA_URL, SCHEMA_URL]);
  });

  test("Honors the user agent spec", async () => {
    const [http, grpc] = [await httpServer(), await grpcServer()];
    await sendSpan(traceExporter(http));
    await sendSpan(traceExporter(grpc, { protocol: "grpc" }));
    for (const { received } of [http, grpc]) {
      expect(received[0]?.headers["user-agent"]).toMatch(/^OTel-OTLP-Exporter-Clew\/\d+\.\d+\.\d+/);
    }
  });

  const partial = encode("ExportResponse", { partial_success: { rejected: 3, error_message: "too old" } });

  test("Partial Success messages are handled and logged for OTLP/gRPC", async () => {
    const server = await grpcServer(() => ({ body: partial }));
    expect(await sendSpan(traceExporter(server, { protocol: "grpc" }))).toEqual([
      expect.stringContaining("rejected 3 spans: too old"),
    ]);
    expect(server.received).toHaveLength(1);
  });

  test("Partial Success messages are handled and logged for OTLP/HTTP", async () => {
    const server = await httpServer(() => ({ body: partial }));
    expect(await sendSpan(traceExporter(server))).toEqual([expect.stringContaining("rejected 3 spans: too old")]);
    expect(server.received).toHaveLength(1);
  });

  test("Metric Exporter configurable temporality preference", () => {
    const temporality = (preference: "cumulative" | "delta" | "lowmemory"): number[] =>
      [InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER, InstrumentType.UP_DOWN_COUNTER].map((type) =>
        new OTLPMetricExporter({ temporalityPreference: preference, env: {} }).selectAggregationTemporality(type),
      );
    expect([temporality("cumulative"), temporality("delta"), temporality("lowmemory")]).toEqual([
      [1, 1, 1],
      [0, 0, 1],
      [0, 1, 1],
    ]);
  });

  test("Metric Exporter configurable default aggregation", () => {
    const exporter = new OTLPMetricExporter({
      defaultHistogramAggregation: "base2_exponential_bucket_histogram",
      env: {},
    });
    const ofHistogram = exporter.selectAggregation(InstrumentType.HISTOGRAM);
    expect(ofHistogram).not.toEqual(exporter.selectAggregation(InstrumentType.COUNTER));
  });
});

describe("compliance: Logs", () => {
  test("OTLP File exporter", async () => {
    const chunks: string[] = [];
    const outputStream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString());
        done();
      },
    });
    const processor = new BatchLogRecordProcessor(new OTLPFileLogExporter({ outputStream }), { env: {} });
    const provider = new LoggerProvider({ processors: [processor] });
    provider.getLogger("l").emit({ body: "hello" });
    await provider.shutdown();
    expect(chunks).toEqual([expect.stringMatching(/^\{"resourceLogs":.*"stringValue":"hello".*\}\n$/)]);
  });
});
