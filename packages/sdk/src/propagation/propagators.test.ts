import { createTraceState, defaultTextMapGetter, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "../index.ts";
import { inject, SPAN_ID, TRACE_ID } from "./propagation.test-kit.ts";

function extracted(headers: Record<string, string | string[]>) {
  const propagator = new W3CTraceContextPropagator();
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter));
}

test("a trace context goes through the headers unchanged", () => {
  const headers = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-03`, tracestate: "a=1,b=2" };
  const spanContext = extracted(headers);
  expect(spanContext).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 3, isRemote: true });
  if (spanContext === undefined) throw new Error("nothing was extracted");
  const context = trace.setSpanContext(ROOT_CONTEXT, spanContext);
  expect(inject(new W3CTraceContextPropagator(), context)).toEqual(headers);
});

test.each([
  `00-${TRACE_ID}-${SPAN_ID}-01-extra`,
  `00-${TRACE_ID}-${SPAN_ID}-01, 00-${TRACE_ID}-${SPAN_ID}-01`,
  `cc-${TRACE_ID}-${SPAN_ID}-01-later, cc-${TRACE_ID}-${SPAN_ID}-01-later`,
  `cc-${TRACE_ID}-${SPAN_ID}-01.later`,
  `ff-${TRACE_ID}-${SPAN_ID}-01`,
  `00-${"0".repeat(32)}-${SPAN_ID}-01`,
  `00-${TRACE_ID}-${"0".repeat(16)}-01`,
  `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
  `00-${TRACE_ID}-${SPAN_ID}-1`,
  "",
])("the traceparent %j is not believed", (traceparent) => {
  expect(extracted({ traceparent })).toBeUndefined();
});

test("a later version of traceparent is read as far as it is known", () => {
  expect(extracted({ traceparent: `cc-${TRACE_ID}-${SPAN_ID}-ff-later` })).toMatchObject({
    traceId: TRACE_ID,
    traceFlags: 3,
  });
});

test("two traceparent headers are none", () => {
  const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`;
  expect(extracted({ traceparent: [traceparent, traceparent] })).toBeUndefined();
});

test.each([
  ["several headers are one list", ["a=1", "b=2"], "a=1,b=2"],
  ["spaces and empty members are passed over", "a=1 , ,\tb=2", "a=1,b=2"],
  ["multi-tenant keys", "t61rcwkgmz@dd=x", "t61rcwkgmz@dd=x"],
  ["keys that begin with a digit, as of level 2", "1a@b@c=x", "1a@b@c=x"],
  ["a key of 257 characters", `${"k".repeat(257)}=x`, undefined],
  ["a value of 257 characters", `k=${"x".repeat(257)}`, undefined],
  ["the longest key and value", `${"k".repeat(256)}=${"x".repeat(256)}`, `${"k".repeat(256)}=${"x".repeat(256)}`],
  ["33 members are too many", Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(","), undefined],
  ["a key twice", "a=1,a=2", undefined],
  ["an upper-case key", "A=1", undefined],
  ["a value with an equals sign", "a=1=2", undefined],
])("tracestate: %s", (_, tracestate, expected) => {
  const spanContext = extracted({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, tracestate });
  expect(spanContext?.traceState?.serialize()).toBe(expected);
  expect(spanContext?.traceId).toBe(TRACE_ID);
});

test("setting a member of the trace state puts it first and keeps to 32", () => {
  const full = Array.from({ length: 32 }, (_, i) => `k${i}=v`).join(",");
  const state = extracted({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, tracestate: full })?.traceState;
  expect(state?.set("k3", "new").serialize()).toMatch(/^k3=new,k0=v,k1=v,k2=v,k4=v/);
  expect(state?.set("other", "x").serialize().split(",")).toHaveLength(32);
  expect(state?.set("BAD", "x")).toBe(state);
  expect(state?.unset("k0").get("k0")).toBeUndefined();
  expect(createTraceState("k1=v").get("k1")).toBe(state?.get("k1"));
});

test("any baggage value goes through the header and back", () => {
  const propagator = new W3CBaggagePropagator();
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (value) => {
      const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ "user.tier": { value } }));
      const { baggage = "" } = inject(propagator, context);
      expect(baggage).toMatch(/^[\x21-\x7e]*$/);
      const back = propagation.getBaggage(propagator.extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter));
      expect(back?.getEntry("user.tier")?.value).toBe(value);
    }),
  );
});

test("baggage properties are kept, and malformed members passed over", () => {
  const propagator = new W3CBaggagePropagator();
  const context = propagator.extract(ROOT_CONTEXT, { baggage: "a=1;p=2;q , =x, b ,c = d%20e " }, defaultTextMapGetter);
  expect(inject(propagator, context)).toEqual({ baggage: "a=1;p=2;q,c=d%20e" });
});

test("baggage beyond 8192 bytes, or under a name that is no token, is left out", () => {
  const baggage = propagation.createBaggage({
    "bad name": { value: "x" },
    large: { value: "x".repeat(8_192) },
    small: { value: "y" },
  });
  expect(inject(new W3CBaggagePropagator(), propagation.setBaggage(ROOT_CONTEXT, baggage))).toEqual({
    baggage: "small=y",
  });
});

test("of a baggage header beyond the limits the members before them are kept", () => {
  const propagator = new W3CBaggagePropagator();
  const read = (baggage: string): number =>
    propagation.getBaggage(propagator.extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter))?.getAllEntries()
      .length ?? 0;
  expect(read(`a=1,b=${"x".repeat(8_186)}`)).toBe(2);
  expect(read(`a=1,b=${"x".repeat(8_187)}`)).toBe(1);
  expect(read(Array.from({ length: 200 }, (_, i) => `k${i}=v`).join(","))).toBe(180);
});

test("a composite runs all of its propagators, also after one that throws", () => {
  const broken = {
    inject: () => {
      throw new Error("broken");
    },
    extract: () => {
      throw new Error("broken");
    },
    fields: () => ["x"],
  };
  const propagator = new CompositePropagator({ propagators: [broken, new W3CTraceContextPropagator()] });
  const context = propagator.extract(
    ROOT_CONTEXT,
    { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` },
    defaultTextMapGetter,
  );
  expect(trace.getSpanContext(context)?.spanId).toBe(SPAN_ID);
  expect(propagator.fields()).toEqual(["x", "traceparent", "tracestate"]);
});
