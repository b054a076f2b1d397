import { encode, payloadOf, PROTOCOLS, TelemetryView, valueFromBytes, type Payload, type Value } from "@clew/otlp";
import { expect, test } from "vitest";
import { attributesOf, logsOf, metricsOf, type Attributes } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { Redaction } from "./redaction.ts";

function edited(config: object, payload: Payload): TelemetryView {
  const place = new Place("", []);
  const redaction = new Redaction(schema.read(config, place));
  expect(place.problems).toEqual([]);
  const view = new TelemetryView(payload);
  redaction.edit(view);
  return new TelemetryView(view.payload()!);
}

function span(attributes: Attributes, more: object = {}): Payload {
  const object = { resourceSpans: [{ scopeSpans: [{ spans: [{ attributes: attributesOf(attributes), ...more }] }] }] };
  return payloadOf("traces", encode(PROTOCOLS.traces.request, object));
}

function recordOf(view: TelemetryView) {
  return view.recordsOf(view.scopesOf(view.resources[0]!)[0]!)[0]!;
}

const attributesAfter = (config: object, attributes: Attributes): Record<string, Value> =>
  Object.fromEntries(recordOf(edited(config, span(attributes))).attributes());

test("only allowed attributes stay, and it is told which went", () => {
  expect(attributesAfter({ allowed_keys: ["id"], summary: "debug" }, { id: 5, b: "x", a: "y" })).toEqual({
    id: 5n,
    "redaction.redacted.keys": "a,b",
    "redaction.redacted.count": 2n,
  });
});

test("masks what matches in a value, but not where the value is allowed", () => {
  const config = {
    allow_all_keys: true,
    blocked_values: ["4[0-9]{12}(?:[0-9]{3})?", "secret"],
    allowed_values: [".+@mycompany.com"],
    summary: "info",
  };
  expect(
    attributesAfter(config, { card: "is 4111111111111111!", mail: "secret@mycompany.com", number: 4111111111111111 }),
  ).toEqual({
    card: "is ****!",
    mail: "secret@mycompany.com",
    number: 4111111111111111n,
    "redaction.masked.count": 1n,
    "redaction.allowed.count": 1n,
  });
  expect(attributesAfter({ ...config, redact_all_types: true, summary: "" }, { number: 4111111111111111 })).toEqual({
    number: "****",
  });
});

test("masks whole values by their keys, and leaves ignored keys alone", () => {
  const config = {
    allow_all_keys: true,
    blocked_key_patterns: ["token"],
    ignored_keys: ["my.token"],
    hash_function: "md5",
  };
  expect(attributesAfter(config, { token: "abc", "my.token": "abc" })).toEqual({
    token: "900150983cd24fb0d6963f7d28e17f72",
    "my.token": "abc",
  });
});

test("looks into bodies of any shape", () => {
  const body = {
    kvlistValue: {
      values: [
        { key: "user", value: { stringValue: "secret x" } },
        { key: "list", value: { arrayValue: { values: [{ stringValue: "secret" }, { stringValue: "fine" }] } } },
        { key: "token", value: { stringValue: "t" } },
      ],
    },
  };
  const logs = payloadOf(
    "logs",
    encode(PROTOCOLS.logs.request, { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body }] }] }] }),
  );
  const config = {
    allow_all_keys: true,
    blocked_values: ["secret"],
    blocked_key_patterns: ["token"],
    summary: "debug",
  };
  const record = recordOf(edited(config, logs));
  expect(valueFromBytes(record.one("body").bytes())).toEqual(
    new Map<string, Value>([
      ["user", "**** x"],
      ["list", ["****", "fine"]],
      ["token", "****"],
    ]),
  );
  expect(Object.fromEntries(record.attributes())).toEqual({
    "redaction.body.masked.keys": "list.[0],token,user",
    "redaction.body.masked.count": 3n,
  });
  expect(
    valueFromBytes(
      recordOf(edited(config, logsOf(["a secret"])))
        .one("body")
        .bytes(),
    ),
  ).toBe("a ****");
});

test("looks into data points, and changes no byte where there is nothing to do", () => {
  const metrics = metricsOf([
    { name: "m", gauge: { dataPoints: [{ asInt: 1n, attributes: attributesOf({ a: "secret" }) }] } },
  ]);
  const after = edited({ allow_all_keys: true, blocked_values: ["secret"] }, metrics);
  expect(recordOf(after).one("gauge").many("dataPoints")[0]!.attributes().get("a")).toBe("****");
  const view = new TelemetryView(metrics);
  new Redaction(schema.read({ allow_all_keys: true, blocked_values: ["other"] }, new Place("", []))).edit(view);
  expect(view.payload()).toBe(metrics);
});

test.each([
  ["/users/12345/orders/9b2e8a4c-1234-4f3b-9abc-001122334455?x=1", "/users/*/orders/*"],
  ["https://example.com:8080/api/v1/items/abc", "https://example.com:8080/api/v1/items/abc"],
  ["/a/0123456789abcdef0123456789", "/a/*"],
])("makes %s alike: %s", (url, expected) => {
  const config = { allow_all_keys: true, url_sanitizer: { enabled: true, attributes: ["http.url"] } };
  expect(attributesAfter(config, { "http.url": url })).toEqual({ "http.url": expected });
  const named = recordOf(edited(config, span({}, { kind: 2, name: `GET ${url}` })));
  expect(named.get("name")).toBe(`GET ${expected}`);
});

test.each([
  [{ blocked_values: ["("] }, "error parsing regexp"],
  [{ hash_function: "hmac-sha256" }, "hmac_key must not be empty"],
  [{ summary: "all" }, "expected one of"],
])("refuses the configuration %j", (config, expected) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what).join()).toContain(expected);
});
