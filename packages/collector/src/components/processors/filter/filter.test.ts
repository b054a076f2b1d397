import { payloadBytes, PROTOCOLS, toJson, type Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { FilterProcessor } from "./filter.ts";

function setUp(config: object) {
  const place = new Place("processors::filter", []);
  const read = schema.read(config, place);
  expect(place.problems).toEqual([]);
  const kit = componentSettings("processor", "filter");
  const taken: Payload[] = [];
  const next = { consume: (payload: Payload) => Promise.resolve(void taken.push(payload)) };
  return { ...kit, taken, filter: new FilterProcessor(kit.settings, read, next) };
}

/** The names, bodies and values that are left, in order. */
async function left(config: object, payload: Payload): Promise<string[]> {
  const { filter, taken } = setUp(config);
  await filter.consume(payload);
  if (taken[0] === undefined) return [];
  const json = JSON.stringify(toJson(PROTOCOLS[payload.signal].request, payloadBytes(taken[0])));
  return [...json.matchAll(/"(?:name|asInt|body)":(?:\{"stringValue":)?"(\w+)"/g)]
    .flatMap(([, name]) => name ?? [])
    .filter((name) => name !== "kit");
}

const metrics = metricsOf([
  { name: "m1", gauge: { dataPoints: [{ asInt: 1n, attributes: attributesOf({ k: "a" }) }, { asInt: 2n }] } },
  { name: "m2", gauge: { dataPoints: [{ asInt: 3n }] } },
]);

test.each<[string, object, Payload, string[]]>([
  ["spans", { trace_conditions: ['span.name == "a"'] }, tracesOf(["a", "b"]), ["b"]],
  [
    "what one of several holds for",
    { trace_conditions: ['span.name == "a"', 'span.name == "b"'] },
    tracesOf(["a", "b", "c"]),
    ["c"],
  ],
  ["whole resources", { trace_conditions: ['resource.attributes["service.name"] == "test"'] }, tracesOf(["a"]), []],
  ["whole scopes", { trace_conditions: ['scope.name == "kit"'] }, tracesOf(["a"]), []],
  ["metrics", { metric_conditions: ['metric.name == "m1"'] }, metrics, ["m2", "3"]],
  ["data points, and metrics without any", { metric_conditions: ["datapoint.value_int > 1"] }, metrics, ["m1", "1"]],
  [
    "metrics by their points",
    { metric_conditions: [{ context: "metric", conditions: ['HasAttrOnDatapoint("k", "a")'] }] },
    metrics,
    ["m2", "3"],
  ],
  ["logs", { log_conditions: ['IsMatch(log.body, "^s")'] }, logsOf(["secret", "open"]), ["open"]],
  ["by groups", { log_conditions: [{ context: "log", conditions: ['body == "x"'] }] }, logsOf(["x", "y"]), ["y"]],
  ["in the older style", { traces: { span: ['name == "a"', 'span.name == "b"'] } }, tracesOf(["a", "b", "c"]), ["c"]],
  ["in the older style, metrics", { metrics: { datapoint: ["value_int == 1"] } }, metrics, ["m1", "2", "m2", "3"]],
  ["in the older style, logs", { logs: { log_record: ['body == "x"'] } }, logsOf(["x", "y"]), ["y"]],
  [
    "what is not included",
    { metrics: { include: { match_type: "strict", metric_names: ["m2"] } } },
    metrics,
    ["m2", "3"],
  ],
  [
    "what is excluded",
    { metrics: { exclude: { match_type: "regexp", metric_names: ["2$"] } } },
    metrics,
    ["m1", "1", "2"],
  ],
  ["logs that are excluded", { logs: { exclude: { match_type: "strict", bodies: ["x"] } } }, logsOf(["x", "y"]), ["y"]],
  [
    "spans of other services",
    { spans: { include: { match_type: "strict", services: ["other"] } } },
    tracesOf(["a"]),
    [],
  ],
])("drops %s", async (_what, config, payload, expected) => {
  expect(await left(config, payload)).toEqual(expected);
});

test("keeps a record for which a condition fails, logs why, and asks the next condition", async () => {
  const { filter, taken, lines } = setUp({ log_conditions: ["Int(log.body) > 1", 'log.body == "gone"'] });
  await filter.consume(logsOf(["kept", "gone"]));
  expect(taken[0]?.counts.items).toBe(1);
  expect(lines.join("\n")).toContain("failed to eval condition");
});

test("hands on the very payload where nothing is dropped, and counts what is", async () => {
  const { filter, taken, meter } = setUp({ trace_conditions: ['span.name == "a"'] });
  const kept = tracesOf(["b"]);
  await filter.consume(kept);
  expect(taken[0]).toBe(kept);
  await filter.consume(tracesOf(["a", "b", "a"]));
  const family = meter.families().find(({ name }) => name.startsWith("otelcol_processor_filter_spans_filtered"));
  expect(family?.samples[0]?.value).toBe(2);
});

test("refuses a condition that cannot be read, at its place", () => {
  const place = new Place("processors::filter", []);
  schema.read(
    { trace_conditions: ["span.name == ", "span.nope == 1"], metrics: { include: { match_type: "expr" } } },
    place,
  );
  expect(place.problems.map(({ path, what }) => `${path}: ${what.slice(0, 60)}`)).toEqual([
    'processors::filter::trace_conditions::0: unable to parse OTTL condition "span.name == ": condition ha',
    'processors::filter::trace_conditions::1: unable to parse OTTL condition "span.nope == 1": condition f',
    "processors::filter::metrics::include: expressions are no longer supported",
  ]);
});
