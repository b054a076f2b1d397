import { afterEach, expect, test } from "vitest";
import { CollectingSpanExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import { type BatchConfig, BatchSpanProcessor, TracerProvider } from "../index.ts";
import { ManualClock, settled } from "../manual-clock.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

afterEach(unregisterAll);

function setUp(config: BatchConfig & { isHeld?: boolean } = {}) {
  const clock = new ManualClock();
  const exporter = new CollectingSpanExporter({ isHeld: config.isHeld ?? false });
  const processor = new BatchSpanProcessor(exporter, { clock, env: {}, ...config });
  const provider = new TracerProvider({ spanProcessors: [processor], clock });
  const endSpans = (...names: string[]): void => {
    for (const name of names) provider.getTracer("t").startSpan(name).end();
  };
  return { clock, exporter, processor, provider, endSpans };
}

test("exports what ended once the delay has passed since the first", async () => {
  const { clock, exporter, endSpans } = setUp();
  endSpans("a");
  await clock.advance(3_000);
  endSpans("b");
  await clock.advance(1_999);
  expect(exporter.names).toEqual([]);
  await clock.advance(1);
  expect(exporter.names).toEqual([["a", "b"]]);
});

test("exports at once when a batch is full, and keeps to its size", async () => {
  const { exporter, provider, endSpans } = setUp({ maxExportBatchSize: 2 });
  endSpans("a", "b", "c", "d", "e");
  await settled();
  expect(exporter.names).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  await provider.forceFlush();
  expect(exporter.names).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});

test("what comes after a full batch, or after a pause, waits no longer than the delay", async () => {
  const { clock, exporter, endSpans } = setUp({ maxExportBatchSize: 2 });
  endSpans("a");
  await clock.advance(4_000);
  endSpans("b", "c");
  await clock.advance(5_000);
  expect(exporter.names).toEqual([["a", "b"], ["c"]]);
  await clock.advance(60_000);
  endSpans("d");
  await clock.advance(4_999);
  expect(exporter.names).toHaveLength(2);
  await clock.advance(1);
  expect(exporter.names).toEqual([["a", "b"], ["c"], ["d"]]);
});

test("runs one export at a time", async () => {
  const { exporter, endSpans } = setUp({ maxExportBatchSize: 1, isHeld: true });
  endSpans("a", "b", "c");
  await settled();
  expect(exporter.names).toEqual([["a"]]);
  exporter.answer();
  await settled();
  expect(exporter.names).toEqual([["a"], ["b"]]);
});

test("a flush waits for the export in flight and for everything that ended before it", async () => {
  const { exporter, provider, endSpans } = setUp({ maxExportBatchSize: 2, isHeld: true });
  endSpans("a", "b", "c");
  await settled();
  let isFlushed = false;
  const flushed = provider.forceFlush().then(() => (isFlushed = true));
  exporter.answer();
  await settled();
  expect(exporter.names).toEqual([["a", "b"], ["c"]]);
  expect(isFlushed).toBe(false);
  exporter.answer();
  await flushed;
  expect(isFlushed).toBe(true);
});

test("drops and counts what the queue cannot hold, and says so", async () => {
  const diagnostics = collectDiagnostics();
  const { processor, exporter, endSpans } = setUp({ maxQueueSize: 2, maxExportBatchSize: 2, isHeld: true });
  endSpans("in flight", "in flight", "waits", "waits", "dropped", "dropped");
  await settled();
  expect(processor.droppedCount).toBe(2);
  expect(diagnostics.lines).toEqual(["warn 1 spans dropped so far: more than 2 waited for export"]);
  exporter.answer();
  await settled();
  expect(diagnostics.lines.at(-1)).toBe("warn 2 spans dropped so far: more than 2 waited for export");
});

test("gives up on an exporter that does not answer in time, and goes on", async () => {
  const diagnostics = collectDiagnostics();
  const { clock, exporter, endSpans } = setUp({ maxExportBatchSize: 1, exportTimeoutMillis: 100, isHeld: true });
  endSpans("a", "b");
  await settled();
  await clock.advance(100);
  expect(exporter.names).toEqual([["a"], ["b"]]);
  expect(diagnostics.lines).toEqual(["error export of 1 spans failed: no answer within 100 ms"]);
});

test("a shutdown exports what is left, shuts the exporter once, and ignores later spans", async () => {
  const { exporter, processor, provider, endSpans } = setUp();
  const span = provider.getTracer("t").startSpan("late");
  endSpans("a");
  await Promise.all([provider.shutdown(), provider.shutdown()]);
  span.end();
  await processor.forceFlush();
  expect(exporter.names).toEqual([["a"]]);
  expect(exporter.shutdownCount).toBe(1);
});

test("takes its settings from the environment and warns of bad ones", async () => {
  const diagnostics = collectDiagnostics();
  const { clock, exporter, endSpans } = setUp({
    env: { OTEL_BSP_SCHEDULE_DELAY: "10", OTEL_BSP_MAX_QUEUE_SIZE: "lots", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "" },
  });
  endSpans("a");
  await clock.advance(10);
  expect(exporter.names).toEqual([["a"]]);
  expect(diagnostics.lines).toEqual([
    'warn OTEL_BSP_MAX_QUEUE_SIZE is ignored: expected a whole number, at least 1, got "lots"',
  ]);
});
