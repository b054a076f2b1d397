import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryMessage } from "../arbitrary-requests.test-kit.ts";
import { decode } from "../decode.ts";
import type { TracesObject } from "../decoded.ts";
import { encode } from "../encode.ts";
import { payloadBytes, payloadOf } from "../payload.ts";
import type { Message } from "../schema/message.ts";
import { PROTOCOLS, SIGNALS } from "../signal.ts";
import { MessageView } from "./message-view.ts";
import { dataOf, pointsOf, TelemetryView } from "./telemetry-view.ts";
import { valueBytes, valueFromBytes, type Value } from "./value.ts";

const { request } = PROTOCOLS.traces;

/** Looks into everything that is there, down to the last message. */
function touch(view: MessageView): void {
  for (const field of view.type.fields) {
    if (field.message === undefined) view.get(field.name);
    else if (field.message().name === "KeyValue") Array.from(view.attributes(field.name));
    else if (field.repeated) view.many(field.name).forEach(touch);
    else if (view.has(field.name)) touch(view.one(field.name));
  }
}

/** What `decode` gives, read through views. */
function readAll(message: Message, view: MessageView): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const field of message.fields) {
    const { name } = field;
    if (field.message === undefined) {
      const value = view.get(name);
      if (value !== undefined) result[name] = value;
    } else if (field.repeated) result[name] = view.many(name).map((one) => readAll(field.message!(), one));
    else if (view.has(name)) result[name] = readAll(field.message(), view.one(name));
  }
  return result;
}

test.each(SIGNALS)("views of %s read what decode reads", (signal) => {
  fc.assert(
    fc.property(arbitraryMessage(PROTOCOLS[signal].request), (object) => {
      const bytes = encode(PROTOCOLS[signal].request, object);
      const decoded = decode(PROTOCOLS[signal].request, bytes);
      expect(readAll(PROTOCOLS[signal].request, new MessageView(PROTOCOLS[signal].request, bytes))).toEqual(decoded);
    }),
    { numRuns: 60 },
  );
});

test.each(SIGNALS)("looking into %s changes nothing: the same bytes come back", (signal) => {
  fc.assert(
    fc.property(arbitraryMessage(PROTOCOLS[signal].request), (object) => {
      const bytes = encode(PROTOCOLS[signal].request, object);
      const view = new MessageView(PROTOCOLS[signal].request, bytes);
      touch(view);
      expect(view.bytes()).toBe(bytes);
    }),
    { numRuns: 60 },
  );
});

test("any value reads back as itself", () => {
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.string(),
      fc.boolean(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.array(tie("value")),
      fc.uniqueArray(fc.tuple(fc.string(), tie("value")), { selector: ([key]) => key }).map((all) => new Map(all)),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      expect(valueFromBytes(valueBytes(one))).toEqual(one);
    }),
  );
});

function spanView(span: object): { whole: MessageView; span: MessageView } {
  const bytes = encode(request, { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const whole = new MessageView(request, bytes);
  return { whole, span: whole.many("resourceSpans")[0]!.many("scopeSpans")[0]!.many("spans")[0]! };
}

function spanOf(view: MessageView): TracesObject["resourceSpans"][0]["scopeSpans"][0]["spans"][0] {
  const { resourceSpans } = decode(request, view.bytes()) as unknown as TracesObject;
  return resourceSpans[0]!.scopeSpans[0]!.spans[0]!;
}

test("a change below shows in the whole, and leaves the rest as it was", () => {
  const { whole, span } = spanView({
    name: "before",
    traceState: "a=b",
    attributes: [
      { key: "kept", value: { intValue: 1n } },
      { key: "changed", value: { stringValue: "x" } },
      { key: "gone", value: {} },
    ],
    status: { code: 1 },
  });
  span.set("name", "after");
  span.one("status").set("message", "told");
  const attributes = span.attributes();
  attributes.set("changed", 2.5);
  attributes.set("new", ["a", true]);
  expect(attributes.delete("gone")).toBe(true);
  expect(attributes.delete("gone")).toBe(false);
  const after = spanOf(whole);
  expect(after).toMatchObject({ name: "after", traceState: "a=b", status: { code: 1, message: "told" } });
  expect(after.attributes.map(({ key, value }) => [key, { ...value }])).toEqual([
    ["kept", { intValue: 1n }],
    ["changed", { doubleValue: 2.5 }],
    ["new", { arrayValue: { values: [{ stringValue: "a" }, { boolValue: true }] } }],
  ]);
});

test("a message that was looked for and is not there stays away until it is changed", () => {
  const { whole, span } = spanView({ name: "a" });
  expect(span.one("status").get("code")).toBe(0);
  expect(span.has("status")).toBe(false);
  expect(spanOf(whole).status).toBeUndefined();
  span.one("status").set("code", 2);
  expect(span.has("status")).toBe(true);
  expect(spanOf(whole).status?.code).toBe(2);
});

test("keys are told apart to the letter: longer, shorter, beyond ASCII and twice there", () => {
  const attribute = (key: string, text: string): object => ({ key, value: { stringValue: text } });
  const long = "k".repeat(200);
  const keys = ["ab", "abc", "é", "éa", long];
  const { whole, span } = spanView({
    attributes: [...keys.map((key) => attribute(key, `of ${key}`)), attribute("ab", "2nd")],
  });
  const attributes = span.attributes();
  for (const key of keys) expect(attributes.get(key)).toBe(`of ${key}`);
  for (const key of ["a", "e", "\u00c3\u00a9", "abcd", "kk"]) expect(attributes.get(key)).toBeUndefined();
  attributes.set("ab", "only");
  expect(spanOf(whole).attributes.map(({ key }) => key)).toEqual(keys);
});

test("setting one member of a oneof takes the other away", () => {
  const metrics = {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "m", gauge: { dataPoints: [{ asInt: 5n }] } }] }] }],
  };
  const view = new TelemetryView(payloadOf("metrics", encode(PROTOCOLS.metrics.request, metrics)));
  const metric = view.recordsOf(view.scopesOf(view.resources[0]!)[0]!)[0]!;
  pointsOf(metric)[0]!.set("asDouble", 2.5);
  expect(pointsOf(metric)[0]!.get("asInt")).toBeUndefined();
  const sum = new MessageView(metric.type.byName["sum"]!.message!());
  sum.setMany("dataPoints", pointsOf(metric));
  sum.set("isMonotonic", true);
  metric.setOne("sum", sum);
  expect(dataOf(metric)).toBe("sum");
  const after = decode(PROTOCOLS.metrics.request, payloadBytes(view.payload()!));
  expect(
    JSON.stringify(after["resourceMetrics"], (_key, one: unknown) => (typeof one === "bigint" ? String(one) : one)),
  ).toContain(
    '"sum":{"dataPoints":[{"startTimeUnixNano":"0","timeUnixNano":"0","exemplars":[],"attributes":[],"flags":0,"asDouble":2.5}],"aggregationTemporality":0,"isMonotonic":true}',
  );
});

test("a payload loses what is not retained, with scopes and resources that are empty then, and counts anew", () => {
  const scope = (...names: string[]): object => ({ spans: names.map((name) => ({ name })) });
  const object = { resourceSpans: [{ scopeSpans: [scope("a", "b"), scope("b")] }, { scopeSpans: [scope("b")] }] };
  const payload = payloadOf("traces", encode(request, object));
  const view = new TelemetryView(payload);
  view.retain({ record: () => true });
  expect(view.payload()).toBe(payload);
  view.retain({ record: (span) => span.get("name") === "a" });
  expect(view.payload()?.counts).toEqual({ resources: 1, metrics: 0, items: 1 });
  expect(payloadOf("traces", payloadBytes(view.payload()!)).counts).toEqual({ resources: 1, metrics: 0, items: 1 });
  view.retain({ resource: () => false });
  expect(view.payload()).toBeUndefined();
});
