import { type Attributes, ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { Writer } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { attributeValue } from "../attribute-values.test-kit.ts";
import { SpanEncoder } from "./encode-span.ts";
import type { ReadableSpan } from "./readable-span.ts";
import { TracerProvider } from "./tracer-provider.ts";

/** What many spans have in common. */
const shape = fc.record({
  name: fc.constantFrom("GET /", "täglich", "n".repeat(60)),
  hasParent: fc.boolean(),
  kind: fc.nat(4),
  keys: fc.constantFrom(["http.request.method", "größe", "d"], ["a"], []),
  events: fc.array(fc.record({ name: fc.constantFrom("done", "e".repeat(130)), hasAttributes: fc.boolean() }), {
    maxLength: 2,
  }),
});
const one = fc.record({
  shape: fc.nat(2),
  values: fc.tuple(attributeValue, attributeValue, attributeValue),
  seconds: fc.nat(2_000_000_000),
  nanos: fc.nat(999_999_999),
  isError: fc.nat(9).map((n) => n === 0),
  // To the writer, before.
  happens: fc.constantFrom("nothing", "nothing", "nothing", "nothing", "reset", "truncate", "another"),
});

test("a span is written the same, whatever was written before it", () => {
  const ended: ReadableSpan[] = [];
  const onEnd = (span: ReadableSpan): void => void ended.push(span);
  const processor = { onStart() {}, onEnd, async forceFlush() {}, async shutdown() {} };
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("test");
  const parent = trace.setSpan(ROOT_CONTEXT, tracer.startSpan("parent"));
  const shapes = fc.tuple(shape, shape, shape);

  fc.assert(
    fc.property(shapes, fc.array(one, { minLength: 2, maxLength: 30 }), (all, list) => {
      const encoder = new SpanEncoder();
      let writer = new Writer(64);
      for (const { shape: index, values, seconds, nanos, isError, happens } of list) {
        const { name, kind, hasParent, keys, events } = all[index]!;
        const attributes = Object.fromEntries(keys.map((key, i) => [key, values[i]])) as Attributes;
        const startTime: [number, number] = [seconds, nanos];
        const span = tracer.startSpan(name, { kind, startTime, attributes }, hasParent ? parent : ROOT_CONTEXT);
        for (const event of events) {
          span.addEvent(event.name, event.hasAttributes ? attributes : undefined, [seconds, nanos + 1]);
        }
        if (isError) span.setStatus({ code: SpanStatusCode.ERROR, message: "no" });
        span.end();
        if (happens === "reset") writer.reset();
        if (happens === "truncate") writer.truncate(0);
        if (happens === "another") writer = new Writer(64);
        const start = writer.byteLength;
        encoder.encode(writer, 2, ended.at(-1)!);
        const alone = new Writer();
        new SpanEncoder().encode(alone, 2, ended.at(-1)!);
        expect(Buffer.compare(writer.view().subarray(start), alone.view())).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});
