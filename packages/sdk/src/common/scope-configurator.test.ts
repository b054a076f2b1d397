import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { expect, test } from "vitest";
import { CollectingLogRecordExporter, CollectingSpanExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  EventToSpanEventBridge,
  type InstrumentationScope,
  LoggerProvider,
  SimpleLogRecordProcessor,
  SimpleSpanProcessor,
  TracerProvider,
} from "../index.ts";

const without = (name: string) => (scope: InstrumentationScope) =>
  scope.name === name ? { enabled: false } : undefined;

test("a disabled tracer makes no spans and lets the parent's context through; another one does, and says so", async () => {
  const exporter = new CollectingSpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  const provider = new TracerProvider({ spanProcessors, tracerConfigurator: without("noisy") });
  const parent = provider.getTracer("kept").startSpan("parent");
  const noisy = provider.getTracer("noisy");
  const child = noisy.startSpan("child", {}, trace.setSpan(ROOT_CONTEXT, parent));
  expect(child.isRecording()).toBe(false);
  expect(child.spanContext()).toEqual(parent.spanContext());
  expect([noisy.enabled(), provider.getTracer("kept").enabled()]).toEqual([false, true]);

  provider.setTracerConfigurator(undefined);
  expect(noisy.enabled()).toBe(true);
  noisy.startSpan("later").end();
  await provider.forceFlush();
  expect(exporter.exports.flat().map(({ name }) => name)).toEqual(["later"]);
});

test("a tracer without processors is not enabled", () => {
  expect(new TracerProvider().getTracer("t").enabled()).toBe(false);
});

function logging(config: ConstructorParameters<typeof LoggerProvider>[0]) {
  const exporter = new CollectingLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(exporter)], ...config });
  const bodies = async (): Promise<unknown[]> => {
    await provider.forceFlush();
    return exporter.exports.flat().map(({ body }) => body);
  };
  return { provider, logger: provider.getLogger("l"), bodies };
}

test("a logger drops what is below its least severity, and nothing that has none", async () => {
  const { logger, bodies } = logging({ loggerConfigurator: () => ({ minimumSeverity: SeverityNumber.WARN }) });
  logger.emit({ body: "info", severityNumber: SeverityNumber.INFO });
  logger.emit({ body: "warn", severityNumber: SeverityNumber.WARN });
  logger.emit({ body: "plain" });
  expect(await bodies()).toEqual(["warn", "plain"]);
  expect(logger.enabled({ severityNumber: SeverityNumber.DEBUG })).toBe(false);
  expect(logger.enabled({ severityNumber: SeverityNumber.ERROR })).toBe(true);
});

test("a trace-based logger drops the records of spans that are not sampled", async () => {
  const { logger, bodies } = logging({ loggerConfigurator: () => ({ traceBased: true }) });
  const under = (traceFlags: number) =>
    trace.setSpanContext(ROOT_CONTEXT, { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags });
  logger.emit({ body: "unsampled", context: under(0) });
  logger.emit({ body: "sampled", context: under(1) });
  logger.emit({ body: "without a span", context: ROOT_CONTEXT });
  expect(await bodies()).toEqual(["sampled", "without a span"]);
});

test("loggers that there are follow a new configurator, and one that throws leaves them enabled", async () => {
  const diagnostics = collectDiagnostics();
  const { provider, logger, bodies } = logging({ loggerConfigurator: without("l") });
  logger.emit({ body: "disabled" });
  provider.setLoggerConfigurator(() => {
    throw new Error("boom");
  });
  logger.emit({ body: "enabled" });
  expect(await bodies()).toEqual(["enabled"]);
  expect(diagnostics.lines[0]).toContain("the logger configurator failed for l, which is enabled: boom");
});

test("a logger asks its processors whether they want a record", () => {
  const processor = { onEmit() {}, forceFlush: async () => {}, shutdown: async () => {} };
  const asked: unknown[] = [];
  const picky = {
    ...processor,
    enabled(options: object): boolean {
      asked.push(options);
      return false;
    },
  };
  expect(logging({ processors: [picky] }).logger.enabled({ eventName: "e" })).toBe(false);
  expect(asked).toMatchObject([{ eventName: "e", instrumentationScope: { name: "l" } }]);
  expect(logging({ processors: [picky, processor] }).logger.enabled()).toBe(true);
});

test("the bridge makes a span's event of an event, of its own recording span only", () => {
  const tracer = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new CollectingSpanExporter())],
  }).getTracer("t");
  const { logger } = logging({ processors: [new EventToSpanEventBridge()] });
  const [span, other] = [tracer.startSpan("span"), tracer.startSpan("other")];
  const inSpan = trace.setSpan(context.active(), span);
  logger.emit({ eventName: "cache.miss", attributes: { key: "a" }, timestamp: [1_700_000_000, 5], context: inSpan });
  logger.emit({ body: "no event", context: inSpan });
  other.end();
  logger.emit({ eventName: "too late", context: trace.setSpan(context.active(), other) });
  const { events } = span as unknown as { events: unknown[] };
  expect(events).toMatchObject([{ name: "cache.miss", attributes: { key: "a" }, time: [1_700_000_000, 5] }]);
});
