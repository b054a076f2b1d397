/** The rows of the specification's compliance matrix for traces, but for those of samplers, which have a file of their own. */
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CollectingSpanExporter } from "../collecting-exporters.test-kit.ts";
import {
  AsyncLocalStorageContextManager,
  BatchSpanProcessor,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
  type TracerProviderConfig,
  W3CTraceContextPropagator,
} from "../index.ts";
import { decode } from "../otlp-schema.test-kit.ts";
import { startHttpServer } from "../otlp-servers.test-kit.ts";
import { OTLPTraceExporter } from "../otlp/otlp-trace-exporter.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

const REMOTE = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: TraceFlags.SAMPLED, isRemote: true };

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
});
afterEach(unregisterAll);

function setUp(config: TracerProviderConfig = {}) {
  const exporter = new CollectingSpanExporter();
  const processor = new SimpleSpanProcessor(exporter);
  const provider = new TracerProvider({ ...config, spanProcessors: [...(config.spanProcessors ?? []), processor] });
  const ended = async (): Promise<ReadableSpan[]> => {
    await provider.forceFlush();
    return exporter.exports.flat();
  };
  return { provider, tracer: provider.getTracer("t"), ended };
}

/** A span that was used by `use` and ended, as exporters read it. */
async function recorded(use: (span: Span) => void, config: TracerProviderConfig = {}): Promise<ReadableSpan> {
  const { tracer, ended } = setUp(config);
  const span = tracer.startSpan("s");
  use(span);
  span.end();
  const [read] = await ended();
  return read!;
}

/** A processor that tells what it hears. */
function listening(hear: Partial<SpanProcessor>): SpanProcessor {
  return { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {}, ...hear };
}

async function attributeOf(value: unknown): Promise<unknown> {
  const { attributes } = await recorded((span) => span.setAttribute("a", value as string));
  return attributes["a"];
}

describe("compliance: Traces", () => {
  test("Create TracerProvider", () => {
    expect(new TracerProvider()).not.toBe(new TracerProvider());
  });

  test("Get a Tracer", async () => {
    const { provider, ended } = setUp();
    provider.getTracer("lib", "1.2").startSpan("s").end();
    expect((await ended())[0]?.instrumentationScope).toEqual({ name: "lib", version: "1.2" });
  });

  test("Get a Tracer with schema_url", async () => {
    const { provider, ended } = setUp();
    provider.getTracer("lib", "1", { schemaUrl: "https://example.org/1" }).startSpan("s").end();
    expect((await ended())[0]?.instrumentationScope.schemaUrl).toBe("https://example.org/1");
  });

  test("Get a Tracer with scope attributes", async () => {
    const { provider, ended } = setUp();
    provider
      .getTracer("lib", "1", { attributes: { tenant: "a" } })
      .startSpan("s")
      .end();
    expect((await ended())[0]?.instrumentationScope.attributes).toEqual({ tenant: "a" });
  });

  test("Associate Tracer with InstrumentationScope", async () => {
    const server = await startHttpServer();
    const exporter = new OTLPTraceExporter({ url: server.url });
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider.getTracer("one").startSpan("a").end();
    provider.getTracer("two").startSpan("b").end();
    await provider.forceFlush();
    await server.close();
    const [{ scope_spans }] = decode("TracesRequest", server.received[0]?.body ?? new Uint8Array()).resource_spans;
    expect(scope_spans).toMatchObject([
      { scope: { name: "one" }, spans: [{ name: "a" }] },
      { scope: { name: "two" }, spans: [{ name: "b" }] },
    ]);
  });

  test("Safe for concurrent calls", async () => {
    const { tracer, ended } = setUp();
    const work = async (i: number): Promise<void> =>
      tracer.startActiveSpan(`outer ${i}`, async (outer) => {
        await new Promise((resolve) => setImmediate(resolve));
        tracer.startSpan(`inner ${i}`).end();
        outer.end();
      });
    await Promise.all(Array.from({ length: 50 }, async (_unused, i) => work(i)));
    const spans = await ended();
    const outerId = (i: number): string | undefined =>
      spans.find(({ name }) => name === `outer ${i}`)?.spanContext().spanId;
    const inner = spans.filter(({ name }) => name.startsWith("inner"));
    expect(inner.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
      inner.map(({ name }) => outerId(Number(name.split(" ")[1]))),
    );
  });

  test("Shutdown (SDK only required)", async () => {
    const { provider, tracer, ended } = setUp();
    await provider.shutdown();
    const span = tracer.startSpan("too late");
    span.end();
    expect(span.isRecording()).toBe(false);
    expect(await ended()).toEqual([]);
  });

  test("ForceFlush (SDK only required)", async () => {
    const exporter = new CollectingSpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider.getTracer("t").startSpan("s").end();
    expect(exporter.names).toEqual([]);
    await provider.forceFlush();
    expect(exporter.names).toEqual([["s"]]);
  });

  test("Get active Span", () => {
    const { tracer } = setUp();
    tracer.startActiveSpan("s", (span) => expect(trace.getActiveSpan()).toBe(span));
    expect(trace.getActiveSpan()).toBeUndefined();
  });

  test("Set active Span", () => {
    const span = setUp().tracer.startSpan("s");
    context.with(trace.setSpan(context.active(), span), () => expect(trace.getActiveSpan()).toBe(span));
  });

  test("Create a new Span", () => {
    const span = setUp().tracer.startSpan("s");
    expect(span.isRecording()).toBe(true);
    expect(isSpanContextValid(span.spanContext())).toBe(true);
  });

  test("Documentation defines adding attributes at span creation as preferred", async () => {
    const seen: Attributes[] = [];
    const processor = listening({ onStart: (span) => void seen.push(span.attributes) });
    setUp({ spanProcessors: [processor] }).tracer.startSpan("s", { attributes: { early: true } });
    expect(seen).toEqual([{ early: true }]);
  });

  test("Mark Span active", () => {
    const { tracer } = setUp();
    tracer.startActiveSpan("outer", (outer) => {
      tracer.startActiveSpan("inner", (inner) => expect(trace.getActiveSpan()).toBe(inner));
      expect(trace.getActiveSpan()).toBe(outer);
    });
  });

  test("IsValid", () => {
    expect(isSpanContextValid(setUp().tracer.startSpan("s").spanContext())).toBe(true);
    expect(isSpanContextValid({ ...REMOTE, spanId: "0".repeat(16) })).toBe(false);
  });

  test("IsRemote", async () => {
    const { tracer, ended } = setUp();
    const child = tracer.startSpan("child", {}, trace.setSpanContext(ROOT_CONTEXT, REMOTE));
    child.end();
    expect(child.spanContext().isRemote ?? false).toBe(false);
    expect((await ended())[0]?.parentSpanContext?.isRemote).toBe(true);
  });

  test("Conforms to the W3C TraceContext spec", () => {
    const span = setUp().tracer.startSpan("s");
    const headers: Record<string, string> = {};
    new W3CTraceContextPropagator().inject(trace.setSpan(ROOT_CONTEXT, span), headers, {
      set: (carrier, key, value) => void Object.assign(carrier as object, { [key]: value }),
    });
    const { traceId, spanId } = span.spanContext();
    expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-03` });
  });

  test("Support W3C Trace Context Level 2 randomness", () => {
    const { tracer } = setUp();
    const root = tracer.startSpan("root");
    expect(root.spanContext().traceFlags).toBe(0x03);
    expect(tracer.startSpan("child", {}, trace.setSpan(ROOT_CONTEXT, root)).spanContext().traceFlags).toBe(0x03);
    const underOther = tracer.startSpan("child", {}, trace.setSpanContext(ROOT_CONTEXT, REMOTE));
    expect(underOther.spanContext().traceFlags).toBe(0x01);
  });

  test("Create root span", async () => {
    const { tracer, ended } = setUp();
    tracer.startActiveSpan("outer", () => tracer.startSpan("root", { root: true }).end());
    expect((await ended())[0]?.parentSpanContext).toBeUndefined();
  });

  test("Create with default parent (active span)", async () => {
    const { tracer, ended } = setUp();
    const outer = tracer.startActiveSpan("outer", (span) => {
      tracer.startSpan("child").end();
      return span;
    });
    expect((await ended())[0]?.parentSpanContext).toEqual(outer.spanContext());
  });

  test("Create with parent from Context", async () => {
    const { tracer, ended } = setUp();
    tracer.startSpan("child", {}, trace.setSpanContext(ROOT_CONTEXT, REMOTE)).end();
    expect((await ended())[0]?.parentSpanContext).toEqual(REMOTE);
  });

  test("No explicit parent Span/SpanContext allowed", async () => {
    const { tracer, ended } = setUp();
    tracer.startSpan("s", { parent: REMOTE } as object).end();
    expect((await ended())[0]?.parentSpanContext).toBeUndefined();
  });

  test("SpanProcessor.OnStart receives parent Context", () => {
    const contexts: Context[] = [];
    const processor = listening({ onStart: (_span, parentContext) => void contexts.push(parentContext) });
    const parent = trace.setSpanContext(ROOT_CONTEXT, REMOTE);
    setUp({ spanProcessors: [processor] }).tracer.startSpan("s", {}, parent);
    expect(contexts).toEqual([parent]);
  });

  test("UpdateName", async () => {
    expect((await recorded((span) => span.updateName("renamed"))).name).toBe("renamed");
  });

  test("User-defined start timestamp", async () => {
    const { tracer, ended } = setUp();
    tracer.startSpan("s", { startTime: [1_700_000_000, 5] }).end();
    expect((await ended())[0]?.startTime).toEqual([1_700_000_000, 5]);
  });

  test("End", async () => {
    const read = await recorded(() => {});
    expect(read.ended).toBe(true);
    expect(read.endTime[0]).toBeGreaterThanOrEqual(read.startTime[0]);
  });

  test("End with timestamp", async () => {
    const { tracer, ended } = setUp();
    tracer.startSpan("s", { startTime: [1_700_000_000, 0] }).end([1_700_000_001, 7]);
    expect((await ended())[0]).toMatchObject({ endTime: [1_700_000_001, 7], duration: [1, 7] });
  });

  test("IsRecording", () => {
    const { tracer } = setUp();
    expect(tracer.startSpan("s").isRecording()).toBe(true);
    const unsampled = trace.setSpanContext(ROOT_CONTEXT, { ...REMOTE, traceFlags: TraceFlags.NONE });
    expect(tracer.startSpan("s", {}, unsampled).isRecording()).toBe(false);
  });

  test("IsRecording becomes false after End", async () => {
    const { tracer, ended } = setUp();
    const span = tracer.startSpan("s");
    span.end();
    expect(span.isRecording()).toBe(false);
    span.setAttribute("late", true).updateName("late");
    span.end([1, 0]);
    expect((await ended())[0]).toMatchObject({ name: "s", attributes: {} });
  });

  test("Set status with StatusCode (Unset, Ok, Error)", async () => {
    const statusAfter = async (...statuses: Parameters<Span["setStatus"]>[0][]): Promise<unknown> =>
      (await recorded((span) => statuses.forEach((status) => span.setStatus(status)))).status;
    const [unset, ok] = [{ code: SpanStatusCode.UNSET }, { code: SpanStatusCode.OK }];
    const error = { code: SpanStatusCode.ERROR, message: "boom" };
    expect(await statusAfter()).toEqual(unset);
    expect(await statusAfter(error)).toEqual(error);
    expect(await statusAfter(ok, error)).toEqual(ok);
    expect(await statusAfter(error, unset)).toEqual(error);
    expect(await statusAfter({ code: SpanStatusCode.OK, message: "no description" })).toEqual(ok);
  });

  test("events collection size limit", async () => {
    const read = await recorded(
      (span) => {
        for (const name of ["a", "b", "c"]) span.addEvent(name);
      },
      { spanLimits: { eventCountLimit: 2 } },
    );
    expect([read.events.length, read.droppedEventsCount]).toEqual([2, 1]);
  });

  test("attribute collection size limit", async () => {
    const read = await recorded((span) => span.setAttributes({ a: 1, b: 2, c: 3 }), {
      spanLimits: { attributeCountLimit: 2 },
    });
    expect([read.attributes, read.droppedAttributesCount]).toEqual([{ a: 1, b: 2 }, 1]);
  });

  test("links collection size limit", async () => {
    const read = await recorded((span) => span.addLinks([{ context: REMOTE }, { context: REMOTE }]), {
      spanLimits: { linkCountLimit: 1 },
    });
    expect([read.links.length, read.droppedLinksCount]).toEqual([1, 1]);
  });

  test("SpanProcessor.OnEnding", async () => {
    const processor = listening({ onEnding: (span) => void span.setAttribute("ending", span.ended) });
    const read = await recorded(() => {}, { spanProcessors: [processor] });
    expect(read.attributes).toEqual({ ending: false });
  });

  test("SetAttribute", async () => {
    const read = await recorded((span) => span.setAttribute("a", 1).setAttribute("a", 2).setAttribute("b", 3));
    expect(read.attributes).toEqual({ a: 2, b: 3 });
  });

  test("String type", async () => {
    expect(await attributeOf("text")).toBe("text");
  });

  test("Boolean type", async () => {
    expect([await attributeOf(true), await attributeOf(false)]).toEqual([true, false]);
  });

  test("Double floating-point type", async () => {
    expect([await attributeOf(0.1), await attributeOf(-0), await attributeOf(Infinity)]).toEqual([0.1, -0, Infinity]);
  });

  test("Signed int64 type", async () => {
    expect([await attributeOf(Number.MIN_SAFE_INTEGER), await attributeOf(2n ** 62n)]).toEqual([
      Number.MIN_SAFE_INTEGER,
      2n ** 62n,
    ]);
  });

  test("Array of primitives (homogeneous)", async () => {
    expect(await attributeOf(["a", "b"])).toEqual(["a", "b"]);
    expect(await attributeOf([1, 2])).toEqual([1, 2]);
  });

  test("`null` values documented as invalid/undefined", async () => {
    const read = await recorded((span) => span.setAttributes({ a: null, b: undefined, c: 1 } as unknown as Attributes));
    expect(read.attributes).toEqual({ c: 1 });
  });

  test("Unicode support for keys and string values", async () => {
    const server = await startHttpServer();
    const exporter = new OTLPTraceExporter({ url: server.url });
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider.getTracer("t").startSpan("Straße").setAttribute("ключ", "值 🧶").end();
    await provider.forceFlush();
    await server.close();
    const [{ scope_spans }] = decode("TracesRequest", server.received[0]?.body ?? new Uint8Array()).resource_spans;
    expect(scope_spans[0].spans[0]).toMatchObject({
      name: "Straße",
      attributes: [{ key: "ключ", value: { string_value: "值 🧶" } }],
    });
  });

  test("Links can be recorded on span creation", async () => {
    const { tracer, ended } = setUp();
    tracer.startSpan("s", { links: [{ context: REMOTE, attributes: { a: 1 } }] }).end();
    expect((await ended())[0]?.links).toMatchObject([{ context: REMOTE, attributes: { a: 1 } }]);
  });

  test("Links can be recorded after span creation", async () => {
    expect((await recorded((span) => span.addLink({ context: REMOTE }))).links).toMatchObject([{ context: REMOTE }]);
  });

  test("Links order is preserved", async () => {
    const { tracer, ended } = setUp();
    const linkTo = (spanId: string) => ({ context: { ...REMOTE, spanId: spanId.repeat(16) } });
    tracer
      .startSpan("s", { links: [linkTo("a")] })
      .addLink(linkTo("b"))
      .addLink(linkTo("c"))
      .end();
    expect((await ended())[0]?.links.map((link) => link.context.spanId[0])).toEqual(["a", "b", "c"]);
  });

  test("AddEvent", async () => {
    const read = await recorded((span) => span.addEvent("e", { a: 1 }, [1_700_000_000, 5]));
    expect(read.events).toMatchObject([{ name: "e", attributes: { a: 1 }, time: [1_700_000_000, 5] }]);
  });

  test("Add order preserved", async () => {
    const read = await recorded((span) => span.addEvent("b", undefined, [2, 0]).addEvent("a", undefined, [1, 0]));
    expect(read.events.map(({ name }) => name)).toEqual(["b", "a"]);
  });

  test("RecordException", async () => {
    const read = await recorded((span) => span.recordException(new TypeError("boom")));
    expect(read.events).toMatchObject([
      { name: "exception", attributes: { "exception.type": "TypeError", "exception.message": "boom" } },
    ]);
    expect(read.events[0]?.attributes?.["exception.stacktrace"]).toContain("traces.compliance.test");
  });

  test("RecordException with extra parameters", async () => {
    const read = await recorded((span) => span.recordException({ name: "E", message: "boom" }, [1_700_000_000, 5]));
    expect(read.events).toMatchObject([{ time: [1_700_000_000, 5], attributes: { "exception.type": "E" } }]);
  });

  test("IdGenerators", () => {
    const idGenerator = { generateTraceId: () => "a".repeat(32), generateSpanId: () => "b".repeat(16) };
    const { tracer } = setUp({ idGenerator });
    const root = tracer.startSpan("s").spanContext();
    expect(root).toEqual({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: TraceFlags.SAMPLED });
  });

  test("SpanLimits", async () => {
    const spanLimits = { attributePerEventCountLimit: 1, attributePerLinkCountLimit: 1, attributeValueLengthLimit: 2 };
    const read = await recorded(
      (span) => {
        span.addEvent("e", { a: 1, b: 2 });
        span.addLink({ context: REMOTE, attributes: { a: 1, b: 2 } });
        span.setAttribute("long", "abc");
      },
      { spanLimits },
    );
    expect(read).toMatchObject({
      attributes: { long: "ab" },
      events: [{ attributes: { a: 1 }, droppedAttributesCount: 1 }],
      links: [{ attributes: { a: 1 }, droppedAttributesCount: 1 }],
    });
  });

  test("Built-in `SpanProcessor`s implement `ForceFlush` spec", async () => {
    for (const Processor of [SimpleSpanProcessor, BatchSpanProcessor]) {
      const exporter = new CollectingSpanExporter({ isHeld: true });
      const provider = new TracerProvider({ spanProcessors: [new Processor(exporter)] });
      provider.getTracer("t").startSpan("s").end();
      let isDone = false;
      const flushed = provider.forceFlush().then(() => (isDone = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect([exporter.names, isDone]).toEqual([[["s"]], false]);
      exporter.answer();
      await flushed;
    }
  });

  test("Attribute Limits", async () => {
    const limits = { attributeCountLimit: 1, attributeValueLengthLimit: 3 };
    const read = await recorded((span) => span.setAttributes({ a: ["abcd", "ab"], b: 1 }), { spanLimits: limits });
    expect(read.attributes).toEqual({ a: ["abc", "ab"] });
  });

  test("Fetch InstrumentationScope from ReadableSpan", async () => {
    expect((await recorded(() => {})).instrumentationScope).toEqual({ name: "t" });
  });
});
