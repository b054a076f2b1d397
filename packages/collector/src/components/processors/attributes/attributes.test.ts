import { createHash } from "node:crypto";
import { payloadBytes, PROTOCOLS, toJson, encode, payloadOf, type Client, type Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { attributesOf, metricsOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { attributesChanger } from "./attributes.ts";
import { schema } from "./config.ts";

const client: Client = {
  address: "10.0.0.1:99",
  metadata: new Map([["x-tenant", ["a", "b"]]]),
  auth: { subject: "me" },
};

function spanWith(attributes: Record<string, string | number>): Payload {
  const spans = [{ name: "s", kind: 2, attributes: attributesOf(attributes) }];
  const resource = { attributes: attributesOf({ "service.name": "shop" }) };
  const bytes = encode(PROTOCOLS.traces.request, {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "lib" }, spans }] }],
  });
  return { ...payloadOf("traces", bytes), client };
}

function read(config: object) {
  const place = new Place("", []);
  const result = schema.read(config, place);
  return { result, problems: place.problems.map(({ what }) => what) };
}

/** The span's attributes afterwards. */
function changed(
  actions: object[],
  before: Record<string, string | number> = { a: "x", n: 7 },
  match: object = {},
): unknown {
  const { result, problems } = read({ actions, ...match });
  expect(problems).toEqual([]);
  const after = attributesChanger(result)(spanWith(before));
  const json = toJson(PROTOCOLS.traces.request, payloadBytes(after)) as {
    resourceSpans: { scopeSpans: { spans: { attributes: { key: string; value: object }[] }[] }[] }[];
  };
  const spans = json.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const attributes = spans.flatMap((span) => span.attributes ?? []);
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]));
}

const sha = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test.each<[string, object[], unknown]>([
  [
    "inserts where it is missing",
    [
      { action: "insert", key: "a", value: 1 },
      { action: "insert", key: "b", value: 1 },
    ],
    { a: "x", n: "7", b: "1" },
  ],
  [
    "updates where it stands",
    [
      { action: "update", key: "a", value: true },
      { action: "update", key: "b", value: 1 },
    ],
    { a: true, n: "7" },
  ],
  [
    "upserts",
    [
      { action: "upsert", key: "a", value: 1.5 },
      { action: "upsert", key: "b", from_attribute: "n" },
    ],
    { a: 1.5, n: "7", b: "7" },
  ],
  [
    "falls back",
    [{ action: "insert", key: "b", from_attribute: "no", default_value: "d" }],
    { a: "x", n: "7", b: "d" },
  ],
  [
    "takes from the request",
    [
      { action: "insert", key: "t", from_context: "metadata.X-Tenant" },
      { action: "insert", key: "s", from_context: "auth.subject" },
      { action: "insert", key: "c", from_context: "client.address" },
      { action: "insert", key: "none", from_context: "metadata.nope" },
    ],
    { a: "x", n: "7", t: "a;b", s: "me", c: "10.0.0.1" },
  ],
  [
    "deletes by key and by pattern",
    [
      { action: "delete", key: "a" },
      { action: "delete", pattern: "^n$" },
    ],
    {},
  ],
  [
    "hashes",
    [
      { action: "hash", key: "a" },
      { action: "hash", pattern: "^n" },
    ],
    { a: sha("x"), n: sha(Buffer.from([7, 0, 0, 0, 0, 0, 0, 0])) },
  ],
  [
    "converts",
    [
      { action: "convert", key: "n", converted_type: "string" },
      { action: "convert", key: "a", converted_type: "int" },
    ],
    { a: "x", n: "7" },
  ],
  [
    "extracts",
    [{ action: "extract", key: "a", pattern: "^(?P<first>.)(?P<rest>.*)$" }],
    { a: "x", n: "7", first: "x", rest: "" },
  ],
])("%s", (_what, actions, expected) => {
  expect(changed(actions)).toEqual(expected);
});

test("converts texts to numbers, and leaves what is none", () => {
  const actions = ["int", "double"].map((type) => ({ action: "convert", key: type, converted_type: type }));
  expect(changed(actions, { int: "12", double: "1.5" })).toEqual({ int: "12", double: 1.5 });
  expect(changed(actions, { int: "1.5", double: "x" })).toEqual({ int: "1.5", double: "x" });
});

test.each([
  [{ include: { match_type: "strict", services: ["shop"] } }, true],
  [{ include: { match_type: "strict", services: ["other"] } }, false],
  [{ include: { match_type: "regexp", span_names: ["^s"], attributes: [{ key: "n", value: "7" }] } }, true],
  [{ include: { match_type: "strict", attributes: [{ key: "n", value: 7 }], libraries: [{ name: "lib" }] } }, true],
  [{ include: { match_type: "strict", attributes: [{ key: "n", value: "7" }] } }, false],
  [{ include: { match_type: "strict", span_kinds: ["SPAN_KIND_SERVER"] } }, true],
  [{ exclude: { match_type: "strict", resources: [{ key: "service.name", value: "shop" }] } }, false],
])("changes only what %j lets through", (match, isMeant) => {
  expect(changed([{ action: "delete", key: "a" }], undefined, match)).toEqual(
    isMeant ? { n: "7" } : { a: "x", n: "7" },
  );
});

test("changes the attributes of data points, and hands on the very payload where nothing changes", () => {
  const payload = metricsOf([
    { name: "m", gauge: { dataPoints: [{ asInt: 1n, attributes: attributesOf({ a: "x" }) }] } },
  ]);
  const change = attributesChanger(read({ actions: [{ action: "delete", key: "a" }] }).result);
  expect(JSON.stringify(toJson(PROTOCOLS.metrics.request, payloadBytes(change(payload))))).not.toContain('"a"');
  const untouched = attributesChanger(read({ actions: [{ action: "delete", key: "b" }] }).result);
  expect(untouched(payload)).toBe(payload);
});

test("tells what is wrong with an action", () => {
  const { problems } = read({
    actions: [
      { action: "insert" },
      { action: "insert", key: "a" },
      { action: "insert", key: "a", value: 1, from_attribute: "b" },
      { action: "extract", key: "a", pattern: "(x)" },
      { action: "extract", key: "a", pattern: "(" },
      { action: "convert", key: "a", converted_type: "date" },
      { action: "delete" },
    ],
  });
  expect(problems).toEqual([
    'missing required field "key"',
    'error with key "a": Either field "value", "from_attribute", "from_context", or "default_value" must be specified',
    'error with key "a": multiple value sources being set',
    'error with key "a": Field "pattern" contains at least one unnamed matcher group',
    'error with key "a": Field "pattern" has invalid pattern: "("',
    'error with key "a": invalid value "date" in field "converted_type" for action "convert"',
    'missing required field (at least one of "key" and "pattern" have to be used)',
  ]);
});
