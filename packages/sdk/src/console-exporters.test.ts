import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { expect, test } from "vitest";
import {
  AggregationTemporality,
  AggregationType,
  ConsoleLogRecordExporter,
  ConsoleMetricExporter,
  ConsoleSpanExporter,
  LoggerProvider,
  MeterProvider,
  PeriodicExportingMetricReader,
  SimpleLogRecordProcessor,
  SimpleSpanProcessor,
  TracerProvider,
} from "./index.ts";
import { ManualClock } from "./manual-clock.test-kit.ts";

const ids = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
const inSpan = trace.setSpanContext(ROOT_CONTEXT, ids);

function setUp() {
  const lines: string[] = [];
  return { lines, clock: new ManualClock(), writeLine: (line: string) => void lines.push(line) };
}

test("a span is a line, its events and links lines below it", async () => {
  const { lines, clock, writeLine } = setUp();
  const provider = new TracerProvider({
    clock,
    idGenerator: { generateTraceId: () => "a".repeat(32), generateSpanId: () => "b".repeat(16) },
    spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter({ writeLine }))],
  });
  const span = provider
    .getTracer("t")
    .startSpan("GET /", { kind: SpanKind.SERVER, attributes: { text: "two words", n: 1 } }, inSpan);
  await clock.advance(1_500);
  span
    .addEvent("retry", { count: 2 })
    .addLink({ context: ids })
    .setStatus({ code: SpanStatusCode.ERROR, message: "bad" })
    .end();
  await provider.forceFlush();
  expect(lines).toEqual([
    `2026-01-02T03:04:05.000Z SPAN GET / SERVER 1.5s ERROR (bad) trace=${"1".repeat(32)} span=${"b".repeat(16)} parent=${"2".repeat(16)} text="two words" n=1`,
    "  2026-01-02T03:04:06.500Z EVENT retry count=2",
    `  LINK trace=${"1".repeat(32)} span=${"2".repeat(16)}`,
  ]);
});

test("a data point is a line, a histogram with its filled buckets", async () => {
  const { lines, clock, writeLine } = setUp();
  const reader = new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter({ writeLine }), clock });
  const provider = new MeterProvider({ readers: [reader], clock });
  const meter = provider.getMeter("t");
  meter.createCounter("orders", { unit: "1" }).add(2, { status: "ok" });
  const histogram = meter.createHistogram("duration", { advice: { explicitBucketBoundaries: [10, 20] } });
  histogram.record(4);
  histogram.record(40);
  await provider.forceFlush();
  expect(lines).toEqual([
    "2026-01-02T03:04:05.000Z METRIC orders [1] status=ok = 2",
    "2026-01-02T03:04:05.000Z METRIC duration = count 2, sum 44, min 4, max 40, buckets <=10:1 <=+Inf:1",
  ]);
});

test("an exponential histogram is printed with the upper ends of its buckets, and delta where it is asked for", async () => {
  const { lines, clock, writeLine } = setUp();
  const temporalitySelector = () => AggregationTemporality.DELTA;
  const exporter = new ConsoleMetricExporter({ writeLine, temporalitySelector });
  const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 4 } };
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, clock })],
    views: [{ instrumentName: "*", aggregation }],
    clock,
  });
  const gauge = provider.getMeter("t").createGauge("change", { unit: "s" });
  for (const value of [-4, 0, 1, 8]) gauge.record(value);
  await provider.forceFlush();
  gauge.record(1);
  await provider.forceFlush();
  expect(lines).toEqual([
    "2026-01-02T03:04:05.000Z METRIC change [s] = count 4, min -4, max 8, scale 0, buckets <=-2:1 <=0:1 <=1:1 <=8:1",
    "2026-01-02T03:04:05.000Z METRIC change [s] = count 1, min 1, max 1, scale 20, buckets <=1:1",
  ]);
});

test("a log record is a line", async () => {
  const { lines, clock, writeLine } = setUp();
  const processors = [new SimpleLogRecordProcessor(new ConsoleLogRecordExporter({ writeLine }))];
  const provider = new LoggerProvider({ clock, processors });
  provider
    .getLogger("t")
    .emit({ body: "Order created", severityNumber: SeverityNumber.INFO, attributes: { order: 7 }, context: inSpan });
  provider.getLogger("t").emit({ body: { a: 1n } as never, severityText: "LOUD", eventName: "shout" });
  await provider.forceFlush();
  expect(lines).toEqual([
    `2026-01-02T03:04:05.000Z LOG INFO Order created trace=${"1".repeat(32)} span=${"2".repeat(16)} order=7`,
    '2026-01-02T03:04:05.000Z LOG LOUD {"a":"1"} event=shout',
  ]);
});
