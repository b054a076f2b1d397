import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { afterEach, expect, test } from "vitest";
import { CollectingLogRecordExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  AsyncLocalStorageContextManager,
  BatchLogRecordProcessor,
  LoggerProvider,
  type LoggerProviderConfig,
  type ReadableLogRecord,
  type SdkLogRecord,
  SimpleLogRecordProcessor,
} from "../index.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

afterEach(unregisterAll);

const SPAN_CONTEXT = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };

function setUp(config: LoggerProviderConfig = {}) {
  const exporter = new CollectingLogRecordExporter();
  const clock = new ManualClock();
  const processors = [...(config.processors ?? []), new SimpleLogRecordProcessor(exporter)];
  const provider = new LoggerProvider({ clock, ...config, processors });
  const emitted = async (): Promise<ReadableLogRecord[]> => {
    await provider.forceFlush();
    return exporter.exports.flat();
  };
  return { clock, provider, logger: provider.getLogger("test"), emitted };
}

test("a record keeps what it is told, and when", async () => {
  const { logger, emitted } = setUp();
  logger.emit({
    timestamp: [1_700_000_000, 5],
    severityNumber: SeverityNumber.WARN,
    severityText: "WARN",
    eventName: "disk.full",
    body: { disk: "a", parts: [1, null, new Uint8Array([1, 2])] },
    attributes: { nested: { a: [true] } },
  });
  expect((await emitted())[0]).toMatchObject({
    hrTime: [1_700_000_000, 5],
    hrTimeObserved: [1_767_323_045, 0],
    severityNumber: 13,
    severityText: "WARN",
    eventName: "disk.full",
    body: { disk: "a", parts: [1, null, new Uint8Array([1, 2])] },
    attributes: { nested: { a: [true] } },
    instrumentationScope: { name: "test" },
  });
});

test("a record carries the ids of the given context, else of the active one", async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const { logger, emitted } = setUp();
  const active = trace.setSpanContext(ROOT_CONTEXT, SPAN_CONTEXT);
  context.with(active, () => logger.emit({ body: "active" }));
  logger.emit({ body: "given", context: active });
  logger.emit({ body: "none" });
  expect((await emitted()).map(({ spanContext }) => spanContext?.spanId)).toEqual([
    "2".repeat(16),
    "2".repeat(16),
    undefined,
  ]);
});

test("an exception becomes attributes, which the record's own override", async () => {
  const { logger, emitted } = setUp();
  logger.emit({ exception: new TypeError("bad"), attributes: { "exception.message": "mine" } });
  expect((await emitted())[0]?.attributes).toMatchObject({
    "exception.type": "TypeError",
    "exception.message": "mine",
  });
});

test("attributes are limited, and the body is not", async () => {
  const { logger, emitted } = setUp({ logRecordLimits: { attributeCountLimit: 1, attributeValueLengthLimit: 2 } });
  logger.emit({ body: "long text", attributes: { a: "long", b: 1 } });
  expect((await emitted())[0]).toMatchObject({ body: "long text", attributes: { a: "lo" }, droppedAttributesCount: 1 });
});

test("a body that contains itself is cut off instead of followed for ever", async () => {
  const { logger, emitted } = setUp();
  const body: Record<string, unknown> = { name: "loop" };
  body["self"] = body;
  logger.emit({ body: body as never });
  expect((await emitted())[0]?.body).toEqual({ name: "loop", self: null });
});

test("a processor's changes are seen by the processors after it", async () => {
  const redact = {
    onEmit: (record: SdkLogRecord) =>
      void record.setBody("redacted").setAttribute("redacted", true).setSeverityText("X"),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const { logger, emitted } = setUp({ processors: [redact] });
  logger.emit({ body: "secret" });
  expect((await emitted())[0]).toMatchObject({ body: "redacted", attributes: { redacted: true }, severityText: "X" });
});

test("a processor that throws does not reach the application", () => {
  const diagnostics = collectDiagnostics();
  const broken = {
    onEmit: () => {
      throw new Error("broken");
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  setUp({ processors: [broken] }).logger.emit({ body: "x" });
  expect(diagnostics.lines).toEqual(["error a log record was lost: broken"]);
});

test("after shutdown records are ignored and loggers say so", async () => {
  const { logger, provider, emitted } = setUp();
  expect(logger.enabled()).toBe(true);
  await provider.shutdown();
  logger.emit({ body: "late" });
  expect(logger.enabled()).toBe(false);
  expect(await emitted()).toEqual([]);
});

test("the batch processor exports a second after the first record", async () => {
  const clock = new ManualClock();
  const exporter = new CollectingLogRecordExporter();
  const provider = new LoggerProvider({
    processors: [new BatchLogRecordProcessor(exporter, { clock, env: {} })],
    clock,
  });
  provider.getLogger("test").emit({ body: "a" });
  await clock.advance(600);
  provider.getLogger("test").emit({ body: "b" });
  await clock.advance(399);
  expect(exporter.exports).toEqual([]);
  await clock.advance(1);
  expect(exporter.exports.map((records) => records.map(({ body }) => body))).toEqual([["a", "b"]]);
});
