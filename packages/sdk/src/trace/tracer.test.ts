import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CollectingSpanExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  AlwaysOffSampler,
  AsyncLocalStorageContextManager,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
  type SpanLimits,
  suppressTracing,
  TracerProvider,
} from "../index.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
});
afterEach(unregisterAll);

function setUp(options: { sampler?: Sampler; spanLimits?: Partial<SpanLimits> } = {}) {
  const exporter = new CollectingSpanExporter();
  const clock = new ManualClock();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)], clock, ...options });
  const ended = async (): Promise<ReadableSpan[]> => {
    await provider.forceFlush();
    return exporter.exports.flat();
  };
  return { tracer: provider.getTracer("test", "1.2.3"), provider, clock, ended };
}

test("a span started in an active span is its child, across awaits", async () => {
  const { tracer, ended } = setUp();
  await tracer.startActiveSpan("parent", async (parent) => {
    await Promise.resolve();
    tracer.startSpan("child").end();
    parent.end();
  });
  const [child, parent] = await ended();
  expect(child?.spanContext().traceId).toBe(parent?.spanContext().traceId);
  expect(child?.parentSpanContext?.spanId).toBe(parent?.spanContext().spanId);
  expect(parent?.parentSpanContext).toBeUndefined();
});

test("`root` starts a new trace inside an active span", async () => {
  const { tracer, ended } = setUp();
  tracer.startActiveSpan("outer", (outer) => {
    tracer.startSpan("root", { root: true }).end();
    outer.end();
  });
  const [root, outer] = await ended();
  expect(root?.parentSpanContext).toBeUndefined();
  expect(root?.spanContext().traceId).not.toBe(outer?.spanContext().traceId);
});

test("a new trace says that it is sampled and its id random; a child keeps the remote parent's flags", async () => {
  const { tracer, ended } = setUp();
  tracer.startSpan("new").end();
  const remote = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: TraceFlags.SAMPLED, isRemote: true };
  tracer.startSpan("child", {}, trace.setSpanContext(ROOT_CONTEXT, remote)).end();
  expect((await ended()).map((span) => span.spanContext().traceFlags)).toEqual([3, 1]);
});

test("a span keeps what it is told, with the clock's times", async () => {
  const { tracer, clock, ended } = setUp();
  const span = tracer.startSpan("work", { kind: SpanKind.CLIENT, attributes: { a: 1 } });
  await clock.advance(20);
  span.setAttribute("b", ["x", "y"]).setAttribute("a", 2).addEvent("happened", { c: true });
  await clock.advance(5);
  span.updateName("renamed").setStatus({ code: SpanStatusCode.ERROR, message: "bad" }).end();
  const [read] = await ended();
  expect(read).toMatchObject({
    name: "renamed",
    kind: SpanKind.CLIENT,
    attributes: { a: 2, b: ["x", "y"] },
    events: [{ name: "happened", attributes: { c: true } }],
    status: { code: SpanStatusCode.ERROR, message: "bad" },
    duration: [0, 25_000_000],
    ended: true,
    instrumentationScope: { name: "test", version: "1.2.3" },
  });
  expect(read?.events[0]?.time[1]).toBe((read?.startTime[1] ?? 0) + 20_000_000);
});

test("a status of OK is final, UNSET changes nothing, and only ERROR has a message", async () => {
  const { tracer, ended } = setUp();
  const span = tracer.startSpan("work");
  span.setStatus({ code: SpanStatusCode.ERROR, message: "first" });
  span.setStatus({ code: SpanStatusCode.UNSET });
  span.setStatus({ code: SpanStatusCode.OK, message: "ignored" });
  span.setStatus({ code: SpanStatusCode.ERROR, message: "too late" });
  span.end();
  expect((await ended())[0]?.status).toEqual({ code: SpanStatusCode.OK });
});

test("a recorded exception is an event with type, message and stack trace", async () => {
  const { tracer, ended } = setUp();
  const span = tracer.startSpan("work");
  span.recordException(new RangeError("too far"));
  span.end();
  const attributes = (await ended())[0]?.events[0]?.attributes;
  expect(attributes).toMatchObject({ "exception.type": "RangeError", "exception.message": "too far" });
  expect(attributes?.["exception.stacktrace"]).toContain("RangeError: too far\n    at ");
});

test("limits on attributes, events and links are kept, and what was dropped is counted", async () => {
  const { tracer, ended } = setUp({
    spanLimits: {
      attributeCountLimit: 2,
      attributeValueLengthLimit: 3,
      eventCountLimit: 1,
      linkCountLimit: 1,
      attributePerEventCountLimit: 1,
    },
  });
  const linked = { context: { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 0 } };
  const span = tracer.startSpan("work", { attributes: { a: "abcdef", b: ["12345"], c: 1 }, links: [linked, linked] });
  span.addEvent("first").addEvent("last", { x: 1, y: 2 }).end();
  const [read] = await ended();
  expect(read).toMatchObject({
    attributes: { a: "abc", b: ["123"] },
    droppedAttributesCount: 1,
    events: [{ name: "last", attributes: { x: 1 }, droppedAttributesCount: 1 }],
    droppedEventsCount: 1,
    droppedLinksCount: 1,
  });
  expect(read?.links).toHaveLength(1);
});

test("an attribute's array can be changed afterwards without changing the span", async () => {
  const { tracer, ended } = setUp();
  const tags = ["a"];
  const span = tracer.startSpan("work", { attributes: { tags } });
  tags.push("b");
  span.end();
  expect((await ended())[0]?.attributes).toEqual({ tags: ["a"] });
});

test("nothing changes a span after its end", async () => {
  const { tracer, ended } = setUp();
  const span = tracer.startSpan("work");
  span.end();
  span.setAttribute("late", 1).addEvent("late").updateName("late").end();
  expect(span.isRecording()).toBe(false);
  const spans = await ended();
  expect(spans).toHaveLength(1);
  expect(spans[0]).toMatchObject({ name: "work", attributes: {}, events: [] });
});

test("an unsampled span passes on a context of its own in the parent's trace and is not exported", async () => {
  const { tracer, ended } = setUp({ sampler: new AlwaysOffSampler() });
  const span = tracer.startSpan("work");
  expect(span.isRecording()).toBe(false);
  expect(span.spanContext().traceFlags & TraceFlags.SAMPLED).toBe(0);
  expect(trace.isSpanContextValid(span.spanContext())).toBe(true);
  span.end();
  expect(await ended()).toEqual([]);
});

test("a recorded span that is not sampled reaches processors and no exporter", async () => {
  const recordOnly: Sampler = {
    shouldSample: () => ({ decision: SamplingDecision.RECORD, attributes: { by: "sampler" } }),
  };
  const seen: ReadableSpan[] = [];
  const exporter = new CollectingSpanExporter();
  const watcher = {
    onStart() {},
    onEnd: (span: ReadableSpan) => void seen.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new TracerProvider({
    sampler: recordOnly,
    spanProcessors: [watcher, new SimpleSpanProcessor(exporter)],
  });
  provider.getTracer("t").startSpan("work").end();
  await provider.forceFlush();
  expect(seen.map(({ attributes }) => attributes)).toEqual([{ by: "sampler" }]);
  expect(exporter.exports).toEqual([]);
});

test("a processor may still write to a span that is about to end", async () => {
  const exporter = new CollectingSpanExporter();
  const marker = {
    onStart() {},
    onEnding: (span: { setAttribute(key: string, value: number): unknown }) => void span.setAttribute("late", 1),
    onEnd() {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new TracerProvider({ spanProcessors: [marker, new SimpleSpanProcessor(exporter)] });
  provider.getTracer("t").startSpan("work").end();
  await provider.forceFlush();
  expect(exporter.exports[0]?.[0]?.attributes).toEqual({ late: 1 });
});

test("a sampler or processor that throws does not reach the application", () => {
  const diagnostics = collectDiagnostics();
  const throwing = (): never => {
    throw new Error("broken");
  };
  const processor = { onStart: throwing, onEnd: throwing, forceFlush: throwing, shutdown: throwing };
  const provider = new TracerProvider({ spanProcessors: [processor] });
  provider.getTracer("t").startSpan("work").end();
  new TracerProvider({ sampler: { shouldSample: throwing } }).getTracer("t").startSpan("work").end();
  expect(diagnostics.lines).toEqual([
    "error a span processor failed: broken",
    "error a span processor failed: broken",
    "error the sampler failed: Error: broken",
  ]);
});

test("under suppressed tracing, and after shutdown, spans are not recorded", async () => {
  const { tracer, provider, ended } = setUp();
  tracer.startSpan("suppressed", {}, suppressTracing(ROOT_CONTEXT)).end();
  await provider.shutdown();
  tracer.startSpan("late").end();
  expect(await ended()).toEqual([]);
});

test("the same scope gives the same tracer; another attribute gives another", () => {
  const { provider } = setUp();
  const tracer = provider.getTracer("lib", "1", { schemaUrl: "https://a" });
  expect(provider.getTracer("lib", "1", { schemaUrl: "https://a" })).toBe(tracer);
  expect(provider.getTracer("lib", "1", { schemaUrl: "https://b" })).not.toBe(tracer);
});
