import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryMessage } from "../arbitrary-requests.test-kit.ts";
import { decode } from "../decode.ts";
import { encode } from "../encode.ts";
import { PROTOCOLS, SIGNALS, type Signal } from "../signal.ts";
import { fromJson } from "./from-json.ts";
import { toJson } from "./to-json.ts";

const request = PROTOCOLS.traces.request;

/** What the JSON of one span becomes. */
function spanOf(json: string): Record<string, unknown> {
  const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[${json}]}]}]}`;
  const decoded = decode(request, fromJson(request, text)) as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
  };
  return decoded.resourceSpans[0]?.scopeSpans[0]?.spans[0] ?? {};
}

/** What the JSON of one AnyValue becomes. */
function valueOf(json: string): unknown {
  const { attributes } = spanOf(`{"attributes":[{"key":"k","value":${json}}]}`) as { attributes: { value: unknown }[] };
  return attributes[0]?.value;
}

describe.each(SIGNALS)("a request of %s", (signal: Signal) => {
  const message = PROTOCOLS[signal].request;

  test("comes back from JSON byte for byte", () => {
    fc.assert(
      fc.property(arbitraryMessage(message), (object) => {
        const bytes = encode(message, object);
        expect(fromJson(message, JSON.stringify(toJson(message, bytes)))).toEqual(bytes);
      }),
      { numRuns: 30 },
    );
  });
});

test("ids are hexadecimal, 64-bit integers strings, enums numbers, bytes base64", () => {
  const span = {
    traceId: Buffer.from("0af7651916cd43dd8448eb211c80319c", "hex"),
    spanId: Buffer.from("b7ad6b7169203331", "hex"),
    kind: 2,
    startTimeUnixNano: 1_544_712_660_000_000_001n,
    attributes: [{ key: "k", value: { bytesValue: Buffer.from([0, 255, 254]) } }],
  };
  const json = toJson(request, encode(request, { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }));
  expect(json).toEqual({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: "0af7651916cd43dd8448eb211c80319c",
                spanId: "b7ad6b7169203331",
                kind: 2,
                startTimeUnixNano: "1544712660000000001",
                attributes: [{ key: "k", value: { bytesValue: "AP/+" } }],
              },
            ],
          },
        ],
      },
    ],
  });
});

test.each([
  ["snake_case names", '{"trace_state":"a=1","dropped_links_count":3}', { traceState: "a=1", droppedLinksCount: 3 }],
  ["names of enums", '{"kind":"SPAN_KIND_CLIENT"}', { kind: 3 }],
  ["enum numbers that nobody knows yet", '{"kind":77}', { kind: 77 }],
  ["64-bit integers in strings", '{"startTimeUnixNano":"18446744073709551615"}', { startTimeUnixNano: 2n ** 64n - 1n }],
  [
    "64-bit integers as numbers",
    '{"startTimeUnixNano":1544712660000000001}',
    { startTimeUnixNano: 1544712660000000001n },
  ],
  [
    "white space around long integers",
    '{"startTimeUnixNano" : 1544712660000000001 }',
    { startTimeUnixNano: 1544712660000000001n },
  ],
  ["null for a field that is not set", '{"name":null,"attributes":null}', { name: "", attributes: [] }],
  ["fields that nobody knows", '{"name":"n","colour":{"red":[1]}}', { name: "n" }],
  ["ids in upper case", '{"spanId":"B7AD6B7169203331"}', { spanId: Buffer.from("b7ad6b7169203331", "hex") }],
  ["counts in strings", '{"droppedLinksCount":"7"}', { droppedLinksCount: 7 }],
])("takes %s", (_name, json, expected) => {
  expect(spanOf(json)).toMatchObject(expected);
});

test.each([
  ["a long integer", '{"intValue":-9223372036854775808}', { intValue: -(2n ** 63n) }],
  ["a double with many digits beside it", '{"doubleValue":0.30000000000000004}', { doubleValue: 0.30000000000000004 }],
  ["an exponent", '{"doubleValue":1.5e-7}', { doubleValue: 1.5e-7 }],
  ["a double in a string", '{"doubleValue":"-2.5"}', { doubleValue: -2.5 }],
  ["NaN", '{"doubleValue":"NaN"}', { doubleValue: Number.NaN }],
  ["-Infinity", '{"doubleValue":"-Infinity"}', { doubleValue: Number.NEGATIVE_INFINITY }],
  ["base64 for URLs, unpadded", '{"bytesValue":"AP_-"}', { bytesValue: Buffer.from([0, 255, 254]) }],
  ["no value", "{}", {}],
  ["an empty string", '{"stringValue":""}', { stringValue: "" }],
])("reads %s", (_name, json, expected) => {
  expect(valueOf(json)).toEqual(expected);
});

test("long integers stay exact beside long decimals and digits in strings", () => {
  const span = spanOf(`{"startTimeUnixNano":1544712660000000001,"name":"\\\\\\"1234567890123456789","attributes":[
    {"key":"d","value":{"doubleValue":0.1234567890123456789}},
    {"key":"e","value":{"doubleValue":1e-7}},
    {"key":"i","value":{"arrayValue":{"values":[{"intValue":1234567890123456789}]}}}]}`);
  expect(span).toMatchObject({
    startTimeUnixNano: 1544712660000000001n,
    name: '\\"1234567890123456789',
    attributes: [
      { value: { doubleValue: 0.12345678901234568 } },
      { value: { doubleValue: 1e-7 } },
      { value: { arrayValue: { values: [{ intValue: 1234567890123456789n }] } } },
    ],
  });
});

test("a long text full of escapes is no trouble", () => {
  const name = "\\n".repeat(2_000_000);
  expect(spanOf(`{"startTimeUnixNano":1544712660000000001,"name":"${name}"}`)["name"]).toHaveLength(2_000_000);
});

test.each([
  ["something that is not JSON", "{"],
  ["an array", "[]"],
  ["a number", "7"],
  ["an object where a list belongs", '{"resourceSpans":{}}'],
  ["null in a list", '{"resourceSpans":[null]}'],
])("refuses %s", (_name, text) => {
  expect(() => fromJson(request, text)).toThrow("OTLP_MALFORMED");
});

test.each([
  ["an id of the wrong length", '{"traceId":"0af7"}', "traceId: invalid length for TraceID"],
  ["an id with other letters", '{"spanId":"xxxxxxxxxxxxxxxx"}', "spanId: expected a hexadecimal string"],
  ["a negative time", '{"startTimeUnixNano":"-1"}', "startTimeUnixNano: expected an integer"],
  ["a fraction as an integer", '{"droppedLinksCount":1.5}', "droppedLinksCount: expected an integer"],
  ["an integer of a million digits", `{"startTimeUnixNano":"${"9".repeat(1_000_000)}"}`, "startTimeUnixNano"],
  ["a number as a string", '{"name":5}', "name: expected a string"],
  ["an enum's unknown name", '{"kind":"SPAN_KIND_GUESS"}', "kind: expected an integer (enum)"],
  [
    "bytes that are not base64",
    '{"attributes":[{"value":{"bytesValue":"*"}}]}',
    "bytesValue: expected a base64 string",
  ],
  ["a word as a double", '{"attributes":[{"value":{"doubleValue":"0x10"}}]}', "doubleValue: expected a number"],
])("refuses %s, and names the field", (_name, json, message) => {
  expect(() => spanOf(json)).toThrow(message);
});

test("refuses values that nest too deep, however deep they are", () => {
  const depth = 50_000;
  const value = `${'{"arrayValue":{"values":['.repeat(depth)}{"boolValue":true}${"]}}".repeat(depth)}`;
  expect(() => valueOf(value)).toThrow("nesting limit");
});
