import { expect, test } from "vitest";
import {
  ExportResultCode,
  InMemoryLogRecordExporter,
  InMemorySpanExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
  SimpleSpanProcessor,
  TracerProvider,
} from "../../index.ts";

test("spans are kept until they are reset, and not after the shutdown", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer("t");
  tracer.startSpan("a").end();
  tracer.startSpan("b").end();
  await provider.forceFlush();
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name }) => name)).toEqual(["a", "b"]);
  exporter.reset();
  expect(exporter.getFinishedSpans()).toEqual([]);
  await provider.shutdown();
  const codes: number[] = [];
  exporter.export(spans, ({ code }) => codes.push(code));
  expect(codes).toEqual([ExportResultCode.FAILED]);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test("log records too", async () => {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(exporter)] });
  provider.getLogger("l").emit({ body: "hello" });
  await provider.forceFlush();
  expect(exporter.getFinishedLogRecords().map(({ body }) => body)).toEqual(["hello"]);
});
