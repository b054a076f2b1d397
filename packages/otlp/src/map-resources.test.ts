import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryMessage } from "./arbitrary-requests.test-kit.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { mapResources } from "./map-resources.ts";
import { concatPayloads, payloadBytes, payloadOf, type Payload } from "./payload.ts";
import { Resource } from "./schema/common.ts";
import { PROTOCOLS, SIGNALS } from "./signal.ts";
import { splitPayload } from "./split-payload.ts";
import { Writer } from "./wire/writer.ts";

/** A payload of one ResourceSpans that is put together from these pieces. */
function tracesOf(...pieces: ((writer: Writer) => void)[]): Payload {
  const writer = new Writer();
  const start = writer.begin(1);
  for (const piece of pieces) piece(writer);
  writer.end(start);
  return payloadOf("traces", writer.finish());
}

const resource =
  (key: string) =>
  (writer: Writer): void =>
    writer.bytes(1, encode(Resource, { attributes: [{ key }] }));
const span = (writer: Writer): void => writer.bytes(2, Uint8Array.of(0x12, 2, 0x2a, 0));
const schemaUrl = (writer: Writer): void => writer.string(3, "s");

interface Traces {
  readonly resourceSpans: readonly {
    resource?: { attributes: { key: string }[] };
    scopeSpans: object[];
    schemaUrl: string;
  }[];
}

function decoded(payload: Payload): Traces["resourceSpans"] {
  return (decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as Traces).resourceSpans;
}

const added = encode(Resource, { attributes: [{ key: "added" }] });

test.each([
  ["stands first", [resource("a"), span, schemaUrl], ["a", "added"]],
  ["stands last", [span, schemaUrl, resource("a")], ["a", "added"]],
  ["stands in the middle", [schemaUrl, resource("a"), span], ["a", "added"]],
  ["is missing", [span, schemaUrl], ["added"]],
  ["comes in pieces", [resource("a"), span, resource("b"), schemaUrl], ["a", "b", "added"]],
])("an attribute is added where the resource %s", (_where, pieces, keys) => {
  const edited = mapResources(tracesOf(...pieces), (bytes) => Buffer.concat([bytes, added]));
  const [only, ...others] = decoded(edited);
  expect(others).toEqual([]);
  expect(only?.resource?.attributes.map(({ key }) => key)).toEqual(keys);
  expect(only).toMatchObject({ scopeSpans: [{ spans: [{}] }], schemaUrl: "s" });
  expect(payloadOf("traces", payloadBytes(edited))).toMatchObject({
    counts: edited.counts,
    byteLength: edited.byteLength,
  });
});

test("what is not edited stays byte for byte, and the payload given stays as it was", () => {
  const payload = tracesOf(span, resource("a"));
  const before = Buffer.from(payloadBytes(payload));
  expect(payloadBytes(mapResources(payload, () => undefined))).toEqual(Uint8Array.from(before));
  mapResources(payload, () => added);
  expect(before.equals(payloadBytes(payload))).toBe(true);
});

test.each(SIGNALS)("of any request of %s, only resources change", (signal) => {
  const { request } = PROTOCOLS[signal];
  fc.assert(
    fc.property(arbitraryMessage(request), (object) => {
      const payload = payloadOf(signal, encode(request, object));
      const edited = mapResources(payload, (bytes) => Buffer.concat([bytes, added]));
      expect(payloadOf(signal, payloadBytes(edited)).counts).toEqual(payload.counts);
      const [list] = Object.values(object) as { resource?: { attributes?: object[] } }[][];
      const expected = (list ?? []).map((one) => ({
        ...one,
        resource: { ...one.resource, attributes: [...(one.resource?.attributes ?? []), { key: "added" }] },
      }));
      const name = request.fields[0]?.name ?? "";
      expect(decode(request, payloadBytes(edited))).toEqual(decode(request, encode(request, { [name]: expected })));
    }),
    { numRuns: 25 },
  );
});

test.each(SIGNALS)("payloads of %s end to end are one payload with the sum of their counts", (signal) => {
  const { request } = PROTOCOLS[signal];
  const payloads = arbitraryMessage(request).map((object) => payloadOf(signal, encode(request, object)));
  fc.assert(
    fc.property(fc.array(payloads, { minLength: 1, maxLength: 4 }), (several) => {
      const whole = concatPayloads(several);
      const bytes = payloadBytes(whole);
      expect(bytes.length).toBe(whole.byteLength);
      expect(payloadOf(signal, bytes).counts).toEqual(whole.counts);
    }),
    { numRuns: 15 },
  );
});

test("nothing cannot be concatenated", () => {
  expect(() => concatPayloads([])).toThrow(RangeError);
});

test.each(SIGNALS)(
  "a payload of %s falls into parts that hold every item once, in order, none over the limit",
  (signal) => {
    const { request } = PROTOCOLS[signal];
    fc.assert(
      fc.property(arbitraryMessage(request), fc.integer({ min: 1, max: 4 }), (object, limit) => {
        const payload = payloadOf(signal, encode(request, object));
        const parts = splitPayload(payload, limit);
        expect(parts.every((part) => part === payload || part.counts.items <= limit)).toBe(true);
        expect(parts.flatMap((part) => itemsOf(part))).toEqual(itemsOf(payload));
      }),
      { numRuns: 25 },
    );
  },
);

/** The spans, log records or data points, wherever they stand. */
function itemsOf(payload: Payload): unknown[] {
  const found: unknown[] = [];
  const search = (value: unknown, key: string): void => {
    if (Array.isArray(value)) {
      if (key === "spans" || key === "logRecords" || key === "dataPoints") found.push(...(value as unknown[]));
      else for (const item of value) search(item, key);
    } else if (typeof value === "object" && value !== null)
      for (const [name, item] of Object.entries(value)) search(item, name);
  };
  search(decode(PROTOCOLS[payload.signal].request, payloadBytes(payload)), "");
  return found;
}
