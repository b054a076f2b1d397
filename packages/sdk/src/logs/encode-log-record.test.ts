import type { LogAttributes } from "@opentelemetry/api-logs";
import { Writer } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { attributeValue } from "../attribute-values.test-kit.ts";
import { LogRecordEncoder } from "./encode-log-record.ts";
import { LoggerProvider } from "./logger-provider.ts";
import type { ReadableLogRecord } from "./readable-log-record.ts";

const one = fc.record({
  body: fc.option(attributeValue, { nil: undefined }),
  severityText: fc.constantFrom("", "INFO"),
  keys: fc.constantFrom(["http.route", "größe", "d"], ["http.route", "größe", "e"], ["a"], []),
  values: fc.tuple(attributeValue, attributeValue, attributeValue),
  // To the writer, before.
  happens: fc.constantFrom("nothing", "nothing", "nothing", "nothing", "reset", "truncate", "another"),
});

test("a record is written the same, whatever was written before it", () => {
  const emitted: ReadableLogRecord[] = [];
  const onEmit = (record: ReadableLogRecord): void => void emitted.push(record);
  const processor = { onEmit, async forceFlush() {}, async shutdown() {} };
  const logger = new LoggerProvider({ processors: [processor] }).getLogger("test");

  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 30 }), (list) => {
      const encoder = new LogRecordEncoder();
      let writer = new Writer(64);
      for (const { body, severityText, keys, values, happens } of list) {
        const attributes = Object.fromEntries(keys.map((key, i) => [key, values[i]])) as LogAttributes;
        logger.emit({ body, severityText, attributes });
        if (happens === "reset") writer.reset();
        if (happens === "truncate") writer.truncate(0);
        if (happens === "another") writer = new Writer(64);
        const start = writer.byteLength;
        encoder.encode(writer, 2, emitted.at(-1)!);
        const alone = new Writer();
        new LogRecordEncoder().encode(alone, 2, emitted.at(-1)!);
        expect(Buffer.compare(writer.view().subarray(start), alone.view())).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});
