import { SeverityNumber } from "@opentelemetry/api-logs";
import { expect, test } from "vitest";
import {
  InMemoryLogRecordExporter,
  InMemorySpanExporter,
  LoggerProvider,
  MeterProvider,
  SimpleLogRecordProcessor,
  SimpleSpanProcessor,
  TracerProvider,
} from "../index.ts";

function bodyOf(body: unknown): unknown {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(exporter)] });
  provider.getLogger("l").emit({ severityNumber: SeverityNumber.INFO, body: body as string });
  return exporter.getFinishedLogRecords()[0]?.body;
}

function attributesUnder(attributeValueDepthLimit: number, attributes: object): unknown {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanLimits: { attributeValueDepthLimit },
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider
    .getTracer("t")
    .startSpan("work")
    .setAttributes(attributes as Record<string, string>)
    .end();
  return exporter.getFinishedSpans()[0]?.attributes;
}

test("an object that holds itself is kept once", () => {
  const self: Record<string, unknown> = { name: "me" };
  for (const key of ["left", "right", "list"]) self[key] = key === "list" ? [self] : self;
  expect(bodyOf(self)).toEqual({ name: "me", left: null, right: null, list: [null] });
});

test("of objects without end a part is kept, in no time", () => {
  let graph: unknown = "leaf";
  for (let level = 0; level < 60; level++) graph = { left: graph, right: graph };
  let count = 0;
  JSON.stringify(bodyOf(graph), (_, value: unknown) => (typeof value === "object" && value !== null && count++, value));
  expect(count).toBe(10_000);
});

test("arrays and maps that are nested deeper than the limit are left empty", () => {
  const attributes = { a: 1, b: [2], c: { d: 3, e: { f: 4 }, g: [5] } };
  expect(attributesUnder(1, attributes)).toEqual({ a: 1, b: [2], c: { d: 3, e: null, g: null } });
  expect(attributesUnder(2, attributes)).toEqual(attributes);
});

test("a body that cannot be read is none, and its record is kept", () => {
  const unreadable = {
    get value(): never {
      throw new Error("do not look");
    },
  };
  expect(bodyOf(unreadable)).toBeUndefined();
});

test.each<[string, object, object, boolean]>([
  ["the order of a nested map", { a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }, true],
  ["a number and its text", { a: 1 }, { a: "1" }, false],
  ["a big integer and its text", { a: 1n }, { a: "1n" }, false],
  ["NaN and null", { a: Number.NaN }, { a: null }, false],
  ["infinities", { a: Infinity }, { a: -Infinity }, false],
  ["zeros", { a: 0 }, { a: -0 }, false],
  ["bytes and their numbers", { a: new Uint8Array([1]) }, { a: [1] }, false],
])("scopes that differ in %s", (_what, left, right, areSame) => {
  const tracers = new TracerProvider();
  const meters = new MeterProvider();
  const loggers = new LoggerProvider();
  const options = (attributes: object): never => ({ attributes }) as never;
  const pairs = [
    [tracers.getTracer("n", "1", options(left)), tracers.getTracer("n", "1", options(right))],
    [meters.getMeter("n", "1", options(left)), meters.getMeter("n", "1", options(right))],
    [loggers.getLogger("n", "1", options(left)), loggers.getLogger("n", "1", options(right))],
  ];
  expect(pairs.map(([one, other]) => one === other)).toEqual([areSame, areSame, areSame]);
});

test("attributes of a scope that hold themselves do not hinder a tracer", () => {
  const self: Record<string, unknown> = {};
  self["self"] = self;
  const provider = new TracerProvider();
  expect(provider.getTracer("n", "1", { attributes: { self } } as never)).toBe(
    provider.getTracer("n", "1", { attributes: { self: { self: null } } } as never),
  );
});
