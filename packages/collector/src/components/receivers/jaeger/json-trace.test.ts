/** Jaeger's JSON: what hostile files get, and what is understood of loose ones. */
import { decode, PROTOCOLS } from "@clew/otlp";
import { expect, test } from "vitest";
import { payloadOfJaegerTrace } from "./json-trace.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by field names
type Json = any;

const span = { traceID: "1", spanID: "2", operationName: "o", startTime: 1_000_000, duration: 5, processID: "p1" };
const traceOf = (...spans: readonly object[]): object => ({ spans, processes: { p1: { serviceName: "s", tags: [] } } });

function resourceSpans(trace: unknown): Json {
  const payload = payloadOfJaegerTrace(trace);
  return payload === undefined
    ? undefined
    : (decode(PROTOCOLS.traces.request, payload.chunks[0]!) as Json).resourceSpans;
}

test("ids without their leading zeros, times in microseconds, and processes by their key", () => {
  const [one] = resourceSpans(traceOf(span));
  expect(one.resource.attributes).toMatchObject([{ key: "service.name", value: { stringValue: "s" } }]);
  expect(one.scopeSpans[0].spans[0]).toMatchObject({
    traceId: Buffer.from("00000000000000000000000000000001", "hex"),
    spanId: Buffer.from("0000000000000002", "hex"),
    startTimeUnixNano: 1_000_000_000n,
    endTimeUnixNano: 1_000_005_000n,
  });
});

test("tags whose values are all text, as Elasticsearch keeps them, and tags without a type", () => {
  const tags = [
    { key: "a", type: "int64", value: "-9223372036854775808" },
    { key: "b", type: "bool", value: "true" },
    { key: "c", type: "float64", value: "0.5" },
    { key: "d", value: 7 },
    { key: "e", value: 0.25 },
    { key: "f", value: false },
    { key: "g", type: "int64", value: "many" },
    { key: "h", type: "string", value: { nested: 1 } },
  ];
  const [one] = resourceSpans(traceOf({ ...span, tags }));
  expect(one.scopeSpans[0].spans[0].attributes.map(({ value }: Json) => value)).toMatchObject([
    { intValue: -(2n ** 63n) },
    { boolValue: true },
    { doubleValue: 0.5 },
    { intValue: 7n },
    { doubleValue: 0.25 },
    { boolValue: false },
    { stringValue: "many" },
    { stringValue: '{"nested":1}' },
  ]);
});

test("a span has its process within, or none at all", () => {
  const found = resourceSpans({
    spans: [
      { ...span, process: { serviceName: "own" } },
      { ...span, processID: "p9" },
    ],
  });
  expect(found.map(({ resource }: Json) => resource.attributes[0]?.value?.stringValue)).toEqual(["own", undefined]);
});

test("a trace without spans is nothing", () => {
  for (const trace of [{}, { spans: null }, { spans: [] }]) expect(payloadOfJaegerTrace(trace)).toBeUndefined();
});

test.each([
  ["no object", 7],
  ["a list", []],
  ["spans that are none", { spans: 7 }],
  ["a span that is none", { spans: [null] }],
  ["an id that is none", traceOf({ ...span, traceID: "x" })],
  ["an id that is too long", traceOf({ ...span, spanID: "1".repeat(17) })],
  ["no start", traceOf({ ...span, startTime: undefined })],
  ["a start before all times", traceOf({ ...span, startTime: -1 })],
  ["a start beyond all times", traceOf({ ...span, startTime: 1e300 })],
  ["an end before all times", traceOf({ ...span, startTime: 1, duration: -2 })],
  ["a name that is none", traceOf({ ...span, operationName: 7 })],
  ["tags that are none", traceOf({ ...span, tags: [{ key: 1 }] })],
  ["references that are none", traceOf({ ...span, references: [{ traceID: {} }] })],
])("%s is malformed", (_name, trace) => {
  expect(() => payloadOfJaegerTrace(trace)).toThrow(expect.objectContaining({ code: "JAEGER_MALFORMED" }));
});
