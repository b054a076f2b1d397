import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryMessage } from "./arbitrary-requests.test-kit.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { officialDecode, officialEncode, withoutDefaults } from "./official-codec.test-kit.ts";
import { KeyValue } from "./schema/common.ts";
import { PROTOCOLS, SIGNALS } from "./signal.ts";
import { validate, type Counts } from "./validate.ts";

const RUNS = { numRuns: 30 };

describe.each(SIGNALS)("a request of %s", (signal) => {
  const { request } = PROTOCOLS[signal];
  const requests = arbitraryMessage(request);

  test("is read by protobufjs as it was written", () => {
    fc.assert(
      fc.property(requests, (object) => {
        const read = officialDecode(request, encode(request, object));
        expect(withoutDefaults(request, read)).toEqual(withoutDefaults(request, object));
      }),
      RUNS,
    );
  });

  test("is read as protobufjs wrote it, with every field that is absent filled in", () => {
    fc.assert(
      fc.property(requests, (object) => {
        const read = decode(request, officialEncode(request, object));
        expect(withoutDefaults(request, read)).toEqual(withoutDefaults(request, object));
        expect(decode(request, encode(request, object))).toEqual(read);
      }),
      RUNS,
    );
  });

  test("is valid whoever wrote it, and counted right", () => {
    fc.assert(
      fc.property(requests, (object) => {
        const expected = countsOf(object);
        expect(validate(request, encode(request, object))).toEqual(expected);
        expect(validate(request, officialEncode(request, object))).toEqual(expected);
      }),
      RUNS,
    );
  });

  test("cut short anywhere is refused or is a shorter request", () => {
    fc.assert(
      fc.property(requests, (object) => {
        const bytes = encode(request, object);
        for (let length = 0; length < bytes.length; length++) expectRefusedOrDecodable(bytes.subarray(0, length));
      }),
      { numRuns: 8 },
    );
  });

  test("with bytes changed is refused or still decodes", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(requests, fc.array(changes, { minLength: 20, maxLength: 20 }), (object, tries) => {
        const bytes = encode(request, object);
        fc.pre(bytes.length > 0);
        for (const changed of tries) {
          const copy = Uint8Array.from(bytes);
          for (const [place, value] of changed) copy[place % copy.length] = value;
          expectRefusedOrDecodable(copy);
        }
      }),
      RUNS,
    );
  });

  test("of random bytes is refused or decodes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectRefusedOrDecodable), { numRuns: 2_000 });
  });

  function expectRefusedOrDecodable(bytes: Uint8Array): void {
    if (isRefusedBy(() => validate(request, bytes))) return;
    const again = encode(request, decode(request, bytes));
    expect(validate(request, again)).toEqual(validate(request, bytes));
  }
});

function isRefusedBy(check: () => unknown): boolean {
  try {
    check();
    return false;
  } catch (error) {
    if ((error as { code?: unknown }).code === "OTLP_MALFORMED") return true;
    throw error;
  }
}

/** What a request carries, found by walking the object. */
function countsOf(request: object): Counts {
  const resources = Object.values(request).flat() as Record<string, unknown>[];
  const scopes = resources.flatMap(
    (one) => (one["scopeSpans"] ?? one["scopeMetrics"] ?? one["scopeLogs"] ?? []) as object[],
  );
  const records = scopes.flatMap((scope) => {
    const { spans, logRecords, metrics } = scope as Record<string, object[]>;
    return spans ?? logRecords ?? metrics ?? [];
  });
  const metrics = scopes.flatMap((scope) => (scope as Record<string, object[]>)["metrics"] ?? []);
  const points = metrics.flatMap((metric) =>
    ["gauge", "sum", "histogram", "exponentialHistogram", "summary"].flatMap(
      (type) => (metric as Record<string, { dataPoints?: object[] }>)[type]?.dataPoints ?? [],
    ),
  );
  const items = metrics.length > 0 ? points.length : "resourceMetrics" in request ? 0 : records.length;
  return { resources: resources.length, metrics: metrics.length, items };
}

describe("bytes that other writers may send", () => {
  const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

  test("of a oneof, the last member counts", () => {
    // value { string_value: "a", int_value: 7 }
    expect(decode(KeyValue, bytesOf(0x12, 5, 0x0a, 1, 0x61, 0x18, 7))).toEqual({ key: "", value: { intValue: 7n } });
  });

  test("pieces of one message merge", () => {
    // resource_spans { schema_url: "a", resource { dropped: 1 }, resource { attributes {} } }
    const bytes = bytesOf(0x0a, 11, 0x1a, 1, 0x61, 0x0a, 2, 0x10, 1, 0x0a, 2, 0x0a, 0);
    expect(decode(PROTOCOLS.traces.request, bytes)).toMatchObject({
      resourceSpans: [{ resource: { droppedAttributesCount: 1, attributes: [{ key: "" }] }, schemaUrl: "a" }],
    });
  });

  test("negative enums take ten bytes and come back negative", () => {
    const spans = [{ kind: -1 }];
    const bytes = encode(PROTOCOLS.traces.request, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
    expect(decode(PROTOCOLS.traces.request, bytes)).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  });

  test.each([
    ["a field number beyond 29 bits", bytesOf(0x8a, 0x80, 0x80, 0x80, 0x10, 0)],
    ["field number 0", bytesOf(0x02, 0)],
    ["a group", bytesOf(0x0b, 0x0c)],
    ["a known field of the wrong wire type", bytesOf(0x08, 1)],
    ["a varint of eleven bytes", bytesOf(0x10, ...Buffer.alloc(10, 0x80), 1)],
    ["a length beyond the end", bytesOf(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)],
    ["a trace id of 15 bytes", bytesOf(0x0a, 21, 0x12, 19, 0x12, 17, 0x0a, 15, ...Buffer.alloc(15, 1))],
  ])("%s is refused", (_name, bytes) => {
    expect(() => validate(PROTOCOLS.traces.request, bytes)).toThrow("OTLP_MALFORMED");
  });

  test("unknown fields of every wire type are passed over", () => {
    const unknown = bytesOf(
      0xf8,
      0x01,
      5,
      0xf9,
      0x01,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      0xfa,
      0x01,
      1,
      9,
      0xfd,
      0x01,
      1,
      2,
      3,
      4,
    );
    expect(validate(PROTOCOLS.logs.request, unknown)).toEqual({ resources: 0, metrics: 0, items: 0 });
    expect(decode(PROTOCOLS.logs.request, unknown)).toEqual({ resourceLogs: [] });
  });

  test("nesting deeper than the limit is refused, by reader and writer", () => {
    let bytes = new Uint8Array(0);
    for (let i = 0; i < 60; i++) bytes = nested(0x2a, nested(0x0a, bytes));
    expect(() => validate(KeyValue, nested(0x12, bytes))).toThrow("nesting limit");
    let value: object = { intValue: 1n };
    for (let i = 0; i < 60; i++) value = { arrayValue: { values: [value] } };
    expect(() => encode(KeyValue, { key: "deep", value })).toThrow("nesting limit");
  });
});

function nested(tag: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Uint8Array.from([tag, ...length, ...body]);
}
