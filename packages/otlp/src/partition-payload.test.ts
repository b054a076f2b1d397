import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryMessage } from "./arbitrary-requests.test-kit.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { partitionPayload, traceIdOf } from "./partition-payload.ts";
import { payloadBytes, payloadOf, type Payload } from "./payload.ts";
import { PROTOCOLS, SIGNALS } from "./signal.ts";

const { request } = PROTOCOLS.traces;

test("each trace gets its spans, with the resources and scopes that they need", () => {
  const span = (trace: number, name: string): object => ({ traceId: Buffer.alloc(16, trace), name });
  const payload = payloadOf(
    "traces",
    encode(request, {
      resourceSpans: [
        {
          schemaUrl: "r",
          resource: { attributes: [{ key: "r", value: { intValue: 1n } }] },
          scopeSpans: [
            { scope: { name: "a" }, schemaUrl: "s", spans: [span(1, "a"), span(2, "b"), span(1, "c")] },
            { scope: { name: "b" }, spans: [span(2, "d")] },
          ],
        },
        { scopeSpans: [{ spans: [span(1, "e")] }] },
      ],
    }),
  );
  const parts = partitionPayload(payload, ({ record }) => traceIdOf("traces", record));
  const shape = (part: Payload | undefined): unknown =>
    (
      decode(request, payloadBytes(part!)) as {
        resourceSpans: {
          schemaUrl: string;
          resource?: { attributes: { key: string }[] };
          scopeSpans: { schemaUrl: string; scope?: { name: string }; spans: { name: string }[] }[];
        }[];
      }
    ).resourceSpans.map((resource) => [
      resource.schemaUrl,
      resource.resource?.attributes.map(({ key }) => key),
      resource.scopeSpans.map((scope) => [
        scope.schemaUrl,
        scope.scope?.name,
        scope.spans.map(({ name }) => name).join(""),
      ]),
    ]);
  expect([...parts.keys()]).toEqual(["\u0001".repeat(16), "\u0002".repeat(16)]);
  const [first, second] = [...parts.values()];
  expect(shape(first)).toEqual([
    ["r", ["r"], [["s", "a", "ac"]]],
    ["", undefined, [["", undefined, "e"]]],
  ]);
  expect(shape(second)).toEqual([
    [
      "r",
      ["r"],
      [
        ["s", "a", "b"],
        ["", "b", "d"],
      ],
    ],
  ]);
  expect(first?.counts).toEqual({ resources: 2, metrics: 0, items: 3 });
  expect(partitionPayload(payload, () => "same").get("same")).toBe(payload);
});

test.each(SIGNALS)("no record of %s is lost or made, however they are parted", (signal) => {
  fc.assert(
    fc.property(arbitraryMessage(PROTOCOLS[signal].request), fc.integer({ min: 1, max: 4 }), (object, ways) => {
      const payload = payloadOf(signal, encode(PROTOCOLS[signal].request, object));
      let next = 0;
      const parts = [...partitionPayload(payload, () => String(next++ % ways)).values()];
      const items = parts.reduce((total, part) => total + part.counts.items, 0);
      expect(items).toBe(payload.counts.items);
    }),
    { numRuns: 60 },
  );
});
