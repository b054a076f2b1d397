/**
 * Rows of the specification's compliance matrix, section "Context Propagation", but for the optional
 * "OpenCensus Binary Propagator", whose format is not text.
 */
import {
  context as contextApi,
  createContextKey,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  trace,
} from "@opentelemetry/api";
import { afterEach, describe, expect, test } from "vitest";
import {
  AsyncLocalStorageContextManager,
  B3Propagator,
  CompositePropagator,
  EnvironmentGetter,
  EnvironmentSetter,
  JaegerPropagator,
  OTTracePropagator,
  startSdk,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from "../index.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { contextWithSpan, extractedSpan, inject, SPAN_ID, TRACE_ID } from "./propagation.test-kit.ts";

afterEach(unregisterAll);

const silent = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };
const key = createContextKey("test");

describe("compliance: Context Propagation", () => {
  test("Create Context Key", () => {
    expect(ROOT_CONTEXT.setValue(key, 1).getValue(createContextKey("another"))).toBeUndefined();
  });

  test("Get value from Context", () => {
    expect(ROOT_CONTEXT.setValue(key, 1).getValue(key)).toBe(1);
  });

  test("Set value for Context", () => {
    const before = ROOT_CONTEXT.setValue(key, 1);
    expect(before.setValue(key, 2).getValue(key)).toBe(2);
    expect(before.getValue(key)).toBe(1);
  });

  test("Attach Context", async () => {
    contextApi.setGlobalContextManager(new AsyncLocalStorageContextManager());
    await contextApi.with(ROOT_CONTEXT.setValue(key, 1), async () => {
      await Promise.resolve();
      expect(contextApi.active().getValue(key)).toBe(1);
    });
  });

  test("Detach Context", () => {
    contextApi.setGlobalContextManager(new AsyncLocalStorageContextManager());
    contextApi.with(ROOT_CONTEXT.setValue(key, 1), () => {});
    expect(contextApi.active()).toBe(ROOT_CONTEXT);
  });

  test("Get current Context", () => {
    contextApi.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const context = ROOT_CONTEXT.setValue(key, 1);
    expect(contextApi.with(context, () => contextApi.active())).toBe(context);
  });

  test("Composite Propagator", () => {
    const composite = new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new B3Propagator()] });
    expect(Object.keys(inject(composite, contextWithSpan()))).toEqual(["traceparent", "b3"]);
    expect(extractedSpan(composite, { b3: `${TRACE_ID}-${SPAN_ID}-1` })?.traceId).toBe(TRACE_ID);
  });

  test("Global Propagator", async () => {
    const sdk = startSdk({ env: { ...silent, OTEL_PROPAGATORS: "jaeger" } });
    const headers: Record<string, string> = {};
    propagation.inject(contextWithSpan(), headers);
    expect(headers).toEqual({ "uber-trace-id": `${TRACE_ID}:${SPAN_ID}:0:01` });
    await sdk.shutdown();
  });

  test("TraceContext Propagator", () => {
    const headers = inject(new W3CTraceContextPropagator(), contextWithSpan());
    expect(headers).toEqual({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` });
    expect(extractedSpan(new W3CTraceContextPropagator(), headers)?.spanId).toBe(SPAN_ID);
  });

  test("B3 Propagator", () => {
    expect(inject(new B3Propagator(), contextWithSpan())).toEqual({ b3: `${TRACE_ID}-${SPAN_ID}-1` });
  });

  test("Jaeger Propagator", () => {
    const headers = { "uber-trace-id": `${TRACE_ID}:${SPAN_ID}:0:1` };
    expect(extractedSpan(new JaegerPropagator(), headers)).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID });
  });

  test("OT Propagator", () => {
    const headers = {
      "ot-tracer-traceid": TRACE_ID.slice(16),
      "ot-tracer-spanid": SPAN_ID,
      "ot-tracer-sampled": "true",
    };
    expect(inject(new OTTracePropagator(), contextWithSpan())).toEqual(headers);
    expect(extractedSpan(new OTTracePropagator(), headers)?.spanId).toBe(SPAN_ID);
  });

  test("TextMapPropagator", () => {
    const carrier = new Map<string, string>();
    const propagator = new W3CTraceContextPropagator();
    propagator.inject(contextWithSpan(), carrier, {
      set: (map: typeof carrier, name, value) => void map.set(name, value),
    });
    const context = propagator.extract(ROOT_CONTEXT, carrier, {
      get: (map: typeof carrier, name) => map.get(name),
      keys: (map: typeof carrier) => [...map.keys()],
    });
    expect(trace.getSpanContext(context)?.traceId).toBe(TRACE_ID);
  });

  test("Fields", () => {
    expect(new B3Propagator().fields()).toEqual(["b3"]);
    expect(new W3CBaggagePropagator().fields()).toEqual(["baggage"]);
  });

  test("Setter argument", () => {
    const set: string[] = [];
    new B3Propagator().inject(contextWithSpan(), {}, { set: (_, name) => void set.push(name) });
    expect(set).toEqual(["b3"]);
  });

  test("Getter argument", () => {
    const asked: string[] = [];
    const getter = { keys: () => [], get: (_: unknown, name: string) => void asked.push(name) };
    new W3CTraceContextPropagator().extract(ROOT_CONTEXT, {}, getter);
    expect(asked).toEqual(["traceparent"]);
  });

  test("Getter argument returning Keys", () => {
    const headers = { "uberctx-a": "1", other: "2" };
    const context = new JaegerPropagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    expect(
      propagation
        .getBaggage(context)
        ?.getAllEntries()
        .map(([name]) => name),
    ).toEqual(["a"]);
  });

  test("Environment Variables as Context Propagation Carriers", () => {
    const env: Record<string, string> = { "x-b3-traceid": "not a normalized name", PATH: "/bin" };
    const propagator = new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new B3Propagator()] });
    propagator.inject(contextWithSpan(), undefined, new EnvironmentSetter(env));
    expect(env).toMatchObject({ TRACEPARENT: `00-${TRACE_ID}-${SPAN_ID}-01`, B3: `${TRACE_ID}-${SPAN_ID}-1` });
    const getter = new EnvironmentGetter(env);
    expect(trace.getSpanContext(propagator.extract(ROOT_CONTEXT, undefined, getter))?.spanId).toBe(SPAN_ID);
    expect(getter.keys()).toEqual(["PATH", "TRACEPARENT", "B3"]);
    expect(getter.get(undefined, "x-b3-traceid")).toBeUndefined();
    new EnvironmentSetter(env).set(undefined, "1é-b", "x");
    new EnvironmentSetter(env).set(undefined, "", "y");
    expect(env).toMatchObject({ _1__B: "x", _: "y" });
  });
});

describe("compliance: Baggage", () => {
  test("Basic support", () => {
    const baggage = propagation
      .createBaggage({ a: { value: "1" } })
      .setEntry("b", { value: "2" })
      .removeEntry("a");
    const context = propagation.setBaggage(ROOT_CONTEXT, baggage);
    expect(propagation.getBaggage(context)?.getAllEntries()).toEqual([["b", { value: "2" }]]);
    const headers: Record<string, string> = {};
    new W3CBaggagePropagator().inject(context, headers, defaultTextMapSetter);
    const back = new W3CBaggagePropagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    expect(propagation.getBaggage(back)?.getEntry("b")?.value).toBe("2");
  });

  test("Use official header name `baggage`", () => {
    const headers: Record<string, string> = {};
    const baggage = propagation.createBaggage({ a: { value: "1" } });
    new W3CBaggagePropagator().inject(propagation.setBaggage(ROOT_CONTEXT, baggage), headers, defaultTextMapSetter);
    expect(headers).toEqual({ baggage: "a=1" });
  });
});
