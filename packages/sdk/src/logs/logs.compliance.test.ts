/** The rows of the specification's compliance matrix for logs, but for those of exporters, which have a file of their own. */
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { logs, SeverityNumber } from "@opentelemetry/api-logs";
import { afterEach, describe, expect, test } from "vitest";
import { CollectingLogRecordExporter } from "../collecting-exporters.test-kit.ts";
import {
  AsyncLocalStorageContextManager,
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordProcessor,
  OTLPLogExporter,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from "../index.ts";
import { decode } from "../otlp-schema.test-kit.ts";
import { startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

afterEach(unregisterAll);

function setUp(...further: LogRecordProcessor[]) {
  const exporter = new CollectingLogRecordExporter();
  const provider = new LoggerProvider({ processors: [...further, new SimpleLogRecordProcessor(exporter)] });
  const emitted = async (): Promise<ReadableLogRecord[]> => {
    await provider.forceFlush();
    return exporter.exports.flat();
  };
  return { provider, logger: provider.getLogger("l"), emitted };
}

const SILENT = { onEmit() {}, forceFlush: async () => {}, shutdown: async () => {} };

describe("compliance: Logs", () => {
  test("LoggerProvider.Get Logger", async () => {
    const { provider, emitted } = setUp();
    provider.getLogger("lib", "1.2", { schemaUrl: "https://example.org/1" }).emit({ body: "x" });
    expect((await emitted())[0]?.instrumentationScope).toEqual({
      name: "lib",
      version: "1.2",
      schemaUrl: "https://example.org/1",
    });
  });

  test("LoggerProvider.Get Logger accepts attributes", async () => {
    const { provider, emitted } = setUp();
    provider.getLogger("lib", "1", { scopeAttributes: { tenant: "a" } }).emit({ body: "x" });
    provider.getLogger("lib", "1", { attributes: { tenant: "b" } }).emit({ body: "x" });
    expect((await emitted()).map(({ instrumentationScope }) => instrumentationScope.attributes)).toEqual([
      { tenant: "a" },
      { tenant: "b" },
    ]);
  });

  test("LoggerProvider.Shutdown", async () => {
    const { provider, logger, emitted } = setUp();
    await provider.shutdown();
    logger.emit({ body: "too late" });
    expect(await emitted()).toEqual([]);
    expect(logger.enabled()).toBe(false);
  });

  test("LoggerProvider.ForceFlush", async () => {
    const exporter = new CollectingLogRecordExporter();
    const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor(exporter)] });
    provider.getLogger("l").emit({ body: "x" });
    expect(exporter.exports).toEqual([]);
    await provider.forceFlush();
    expect(exporter.exports).toHaveLength(1);
  });

  test("Logger.Emit(LogRecord)", async () => {
    const { logger, emitted } = setUp();
    logger.emit({
      timestamp: [1_700_000_000, 1],
      observedTimestamp: [1_700_000_000, 2],
      severityNumber: SeverityNumber.WARN,
      severityText: "warn",
      body: { a: [1] },
      attributes: { b: true },
    });
    expect(await emitted()).toMatchObject([
      {
        hrTime: [1_700_000_000, 1],
        hrTimeObserved: [1_700_000_000, 2],
        severityNumber: 13,
        severityText: "warn",
        body: { a: [1] },
        attributes: { b: true },
      },
    ]);
  });

  test("Logger.Emit(LogRecord) with Exception parameter", async () => {
    const { logger, emitted } = setUp();
    logger.emit({ body: "x", exception: new TypeError("boom"), attributes: { "exception.message": "mine" } });
    expect((await emitted())[0]?.attributes).toMatchObject({
      "exception.type": "TypeError",
      "exception.message": "mine",
    });
  });

  test("LogRecord.Set EventName", async () => {
    const { logger, emitted } = setUp();
    logger.emit({ eventName: "cache.miss" });
    expect((await emitted())[0]?.eventName).toBe("cache.miss");
  });

  test("Logger.Enabled", () => {
    const { provider, logger } = setUp();
    expect(logger.enabled({ severityNumber: SeverityNumber.DEBUG })).toBe(true);
    provider.setLoggerConfigurator(() => ({ minimumSeverity: SeverityNumber.INFO }));
    expect(logger.enabled({ severityNumber: SeverityNumber.DEBUG })).toBe(false);
    expect(new LoggerProvider().getLogger("l").enabled()).toBe(false);
  });

  test("SimpleLogRecordProcessor", async () => {
    const exporter = new CollectingLogRecordExporter();
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(exporter)] });
    for (const body of ["a", "b"]) provider.getLogger("l").emit({ body });
    await provider.forceFlush();
    expect(exporter.exports.map((records) => records.map(({ body }) => body))).toEqual([["a"], ["b"]]);
  });

  test("BatchLogRecordProcessor", async () => {
    const exporter = new CollectingLogRecordExporter();
    const processor = new BatchLogRecordProcessor(exporter, { maxExportBatchSize: 2 });
    const provider = new LoggerProvider({ processors: [processor] });
    for (const body of ["a", "b", "c"]) provider.getLogger("l").emit({ body });
    await provider.forceFlush();
    expect(exporter.exports.map((records) => records.map(({ body }) => body))).toEqual([["a", "b"], ["c"]]);
  });

  test("Can plug custom LogRecordProcessor", async () => {
    const { logger, emitted } = setUp({ ...SILENT, onEmit: (record) => void record.setAttribute("added", 1) });
    logger.emit({ body: "x" });
    expect((await emitted())[0]?.attributes).toEqual({ added: 1 });
  });

  test("LogRecordProcessor.Enabled", () => {
    const processors = [{ ...SILENT, enabled: () => false }];
    expect(new LoggerProvider({ processors }).getLogger("l").enabled()).toBe(false);
  });

  test("OTLP/gRPC exporter", async () => {
    const server = await startGrpcServer();
    await emitOver(new OTLPLogExporter({ protocol: "grpc", url: server.url }));
    await server.close();
    expect(bodyOf(server.received[0]?.body)).toBe("x");
  });

  test("OTLP/HTTP exporter", async () => {
    const server = await startHttpServer();
    await emitOver(new OTLPLogExporter({ url: `${server.url}/v1/logs` }));
    await server.close();
    expect(bodyOf(server.received[0]?.body)).toBe("x");
  });

  test("Can plug custom LogRecordExporter", async () => {
    const exporter = new CollectingLogRecordExporter();
    await emitOver(exporter);
    expect(exporter.exports[0]?.map(({ body }) => body)).toEqual(["x"]);
  });

  test("Trace Context Injection", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const { provider, emitted } = setUp();
    logs.setGlobalLoggerProvider(provider);
    const spanContext = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
    context.with(trace.setSpanContext(ROOT_CONTEXT, spanContext), () => logs.getLogger("l").emit({ body: "x" }));
    expect((await emitted())[0]?.spanContext).toEqual(spanContext);
  });
});

async function emitOver(exporter: ConstructorParameters<typeof BatchLogRecordProcessor>[0]): Promise<void> {
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor(exporter)] });
  provider.getLogger("l").emit({ body: "x" });
  await provider.shutdown();
}

function bodyOf(request: Uint8Array = new Uint8Array()): unknown {
  return decode("LogsRequest", request).resource_logs[0].scope_logs[0].log_records[0].body.string_value;
}
