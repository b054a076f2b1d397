import { propagation, ROOT_CONTEXT, type TextMapPropagator, trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import {
  AWSXRayLambdaPropagator,
  AWSXRayPropagator,
  B3InjectEncoding,
  B3Propagator,
  JaegerPropagator,
  OTTracePropagator,
  suppressTracing,
} from "../index.ts";
import {
  contextWithSpan,
  extract,
  extractedSpan,
  type Headers,
  inject,
  SPAN_ID,
  TRACE_ID,
} from "./propagation.test-kit.ts";

const SHORT_ID = TRACE_ID.slice(16);
const PADDED_ID = SHORT_ID.padStart(32, "0");
const b3Multi = new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER });

describe.each<[string, TextMapPropagator, string]>([
  ["b3", new B3Propagator(), TRACE_ID],
  ["b3multi", b3Multi, TRACE_ID],
  ["jaeger", new JaegerPropagator(), TRACE_ID],
  ["xray", new AWSXRayPropagator(), TRACE_ID],
  ["xray-lambda", new AWSXRayLambdaPropagator({ env: {} }), TRACE_ID],
  // Its ids have 64 bits.
  ["ottrace", new OTTracePropagator(), PADDED_ID],
])("%s", (_, propagator, traceId) => {
  test.each([0, 1])("what it injects with flags %d it extracts again, and injects only its fields", (traceFlags) => {
    const headers = inject(propagator, contextWithSpan({ traceFlags }));
    const spanContext = extractedSpan(propagator, headers);
    expect(spanContext).toMatchObject({ traceId, spanId: SPAN_ID, traceFlags, isRemote: true });
    expect(propagator.fields()).toEqual(expect.arrayContaining(Object.keys(headers)));
  });

  test("injects nothing of an invalid span, or where tracing is suppressed", () => {
    expect(inject(propagator, ROOT_CONTEXT)).toEqual({});
    expect(inject(propagator, contextWithSpan({ spanId: "0".repeat(16) }))).toEqual({});
    expect(inject(propagator, suppressTracing(contextWithSpan()))).toEqual({});
  });

  test("without its headers, or with any rubbish in them, the context stays as it is", () => {
    const before = contextWithSpan({ spanId: "1".repeat(16) });
    expect(extract(propagator, {}, before)).toBe(before);
    for (const rubbish of ["", "-", "::::", "%", "Root=;Parent", "x".repeat(10_000), "0".repeat(32)]) {
      const headers = Object.fromEntries(propagator.fields().map((name) => [name, rubbish]));
      expect({ rubbish, context: extract(propagator, headers, before) }).toEqual({ rubbish, context: before });
    }
  });
});

describe("b3", () => {
  test.each<[string, Headers, unknown]>([
    [
      "short trace ids get zeros",
      { b3: `${SHORT_ID}-${SPAN_ID}-1` },
      expect.objectContaining({ traceId: PADDED_ID, traceFlags: 1 }),
    ],
    [
      "a parent's id is passed over",
      { b3: `${TRACE_ID}-${SPAN_ID}-0-${SPAN_ID}` },
      expect.objectContaining({ spanId: SPAN_ID, traceFlags: 0 }),
    ],
    ["no decision counts as not sampled", { b3: `${TRACE_ID}-${SPAN_ID}` }, expect.objectContaining({ traceFlags: 0 })],
    ["a decision alone is no span", { b3: "0" }, undefined],
    ["an unknown decision", { b3: `${TRACE_ID}-${SPAN_ID}-2` }, undefined],
    [
      "several headers",
      { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "1" },
      expect.objectContaining({ traceId: TRACE_ID, traceFlags: 1 }),
    ],
    [
      "several headers, true",
      { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "true" },
      expect.objectContaining({ traceFlags: 1 }),
    ],
    ["several headers, unknown", { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "x" }, undefined],
    [
      "the single header wins",
      { b3: `${TRACE_ID}-${SPAN_ID}-1`, "x-b3-traceid": SHORT_ID, "x-b3-spanid": SPAN_ID },
      expect.objectContaining({ traceId: TRACE_ID }),
    ],
    [
      "where it is malformed the several are read",
      { b3: "nonsense", "x-b3-traceid": SHORT_ID, "x-b3-spanid": SPAN_ID },
      expect.objectContaining({ traceId: PADDED_ID }),
    ],
  ])("%s", (_, headers, expected) => {
    for (const propagator of [new B3Propagator(), b3Multi]) {
      expect(extractedSpan(propagator, headers)).toEqual(expected);
    }
  });

  test("carriers that keep booleans are read", () => {
    const headers = { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": true };
    expect(extractedSpan(b3Multi, headers as unknown as Headers)?.traceFlags).toBe(1);
  });

  test.each<[string, Headers]>([
    ["in one", { b3: `${TRACE_ID}-${SPAN_ID}-d` }],
    ["in several", { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-flags": "1" }],
  ])("the debug flag %s samples, and goes on either way", (_, headers) => {
    const context = extract(new B3Propagator(), headers);
    expect(trace.getSpanContext(context)?.traceFlags).toBe(1);
    expect(inject(new B3Propagator(), context)).toEqual({ b3: `${TRACE_ID}-${SPAN_ID}-d` });
    expect(inject(b3Multi, context)).toEqual({
      "x-b3-traceid": TRACE_ID,
      "x-b3-spanid": SPAN_ID,
      "x-b3-flags": "1",
    });
  });
});

describe("jaeger", () => {
  test.each([
    [
      "leading zeros may be absent",
      `${SHORT_ID}:1:0:1`,
      { traceId: PADDED_ID, spanId: "0000000000000001", traceFlags: 1 },
    ],
    ["colons may be encoded", `${TRACE_ID}%3A${SPAN_ID}%3A0%3A1`, { traceId: TRACE_ID, traceFlags: 1 }],
    ["debug alone is not sampled", `${TRACE_ID}:${SPAN_ID}:0:2`, { traceFlags: 0 }],
  ])("%s", (_, header, expected) => {
    expect(extractedSpan(new JaegerPropagator(), { "uber-trace-id": header })).toMatchObject(expected);
  });

  test("W3C's random flag is not sent, because it is Jaeger's debug flag", () => {
    expect(inject(new JaegerPropagator(), contextWithSpan({ traceFlags: 3 }))["uber-trace-id"]).toMatch(/:01$/);
  });

  test("baggage goes in headers of its own, encoded, also without a span", () => {
    const propagator = new JaegerPropagator({ customBaggageHeaderPrefix: "ctx" });
    const baggage = propagation.createBaggage({ tier: { value: "gold & blue" }, "no name": { value: "x" } });
    const headers = inject(propagator, propagation.setBaggage(ROOT_CONTEXT, baggage));
    expect(headers).toEqual({ "ctx-tier": "gold%20%26%20blue" });
    const context = extract(propagator, { ...headers, "ctx-bad": "%zz" });
    expect(propagation.getBaggage(context)?.getEntry("tier")?.value).toBe("gold & blue");
    expect(propagation.getBaggage(context)?.getEntry("bad")).toBeUndefined();
  });
});

describe("xray", () => {
  const root = `1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)}`;

  test("writes the time apart, and reads the parts in any order and case of the name", () => {
    expect(inject(new AWSXRayPropagator(), contextWithSpan())).toEqual({
      "x-amzn-trace-id": `Root=${root};Parent=${SPAN_ID};Sampled=1`,
    });
    const headers = { "X-Amzn-Trace-Id": `Self=1; Sampled=0; Parent=${SPAN_ID} ;Root=${root}` };
    expect(extractedSpan(new AWSXRayPropagator(), headers)).toMatchObject({ traceId: TRACE_ID, traceFlags: 0 });
  });

  test.each([
    `Root=${root};Parent=${SPAN_ID}`,
    `Root=${root};Parent=${SPAN_ID};Sampled=?`,
    `Root=2${root};Parent=${SPAN_ID};Sampled=1`,
  ])("%j is not believed", (header) => {
    expect(extractedSpan(new AWSXRayPropagator(), { "x-amzn-trace-id": header })).toBeUndefined();
  });

  test("in Lambda the announced trace wins over headers, but not over a span that is there already", () => {
    const lambda = new AWSXRayLambdaPropagator({
      env: { _X_AMZN_TRACE_ID: `Root=${root};Parent=${SPAN_ID};Sampled=1` },
    });
    const headers = { "x-amzn-trace-id": `Root=${root};Parent=${"1".repeat(16)};Sampled=1` };
    expect(extractedSpan(lambda, {})?.spanId).toBe(SPAN_ID);
    expect(extractedSpan(lambda, headers)?.spanId).toBe(SPAN_ID);
    const nested = extract(lambda, headers, contextWithSpan({ spanId: "2".repeat(16) }));
    expect(trace.getSpanContext(nested)?.spanId).toBe("1".repeat(16));
  });
});

test("ottrace carries baggage beside a span, as far as headers can", () => {
  const propagator = new OTTracePropagator();
  const baggage = propagation.createBaggage({ tier: { value: "gold" }, face: { value: "☺" } });
  const headers = inject(propagator, propagation.setBaggage(contextWithSpan(), baggage));
  expect(headers).toMatchObject({ "ot-baggage-tier": "gold" });
  expect(headers).not.toHaveProperty("ot-baggage-face");
  expect(propagation.getBaggage(extract(propagator, headers))?.getEntry("tier")?.value).toBe("gold");
  expect(propagation.getBaggage(extract(propagator, { "ot-baggage-tier": "gold" }))).toBeUndefined();
});
