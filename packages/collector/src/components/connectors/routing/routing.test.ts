import { payloadBytes, PROTOCOLS, toJson, type Client, type Payload, type Signal } from "@clew/otlp";
import { describe, expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { Routing } from "./routing.ts";

function setUp(config: object, signal: Signal = "traces") {
  const place = new Place("connectors::routing", []);
  const read = schema.read(config, place);
  expect(place.problems).toEqual([]);
  const kit = componentSettings("connector", "routing");
  const taken: Record<string, string> = {};
  const texts: string[] = [];
  const answers: Record<string, Promise<void>> = {};
  const pipelineOf = (id: string) => ({
    async consume(payload: Payload): Promise<void> {
      await answers[id];
      taken[id] = namesOf(payload);
      texts.push(JSON.stringify(toJson(PROTOCOLS[payload.signal].request, payloadBytes(payload))));
    },
  });
  const pipelines = new Map(["a", "b", "rest"].map((id) => [id, pipelineOf(id)]));
  const output = { from: signal, to: signal, next: pipelineOf("all"), pipelines };
  return { ...kit, taken, texts, answers, routing: new Routing(kit.settings, read, output) };
}

/** The names, bodies and values of what a payload carries. */
function namesOf(payload: Payload): string {
  const json = JSON.stringify(toJson(PROTOCOLS[payload.signal].request, payloadBytes(payload)));
  const names = [...json.matchAll(/"(?:name|asInt|body)":(?:\{"stringValue":)?"(\w+)"/g)].map(([, name]) => name);
  return names.filter((name) => name !== "kit").join(" ");
}

/** What each pipeline gets. */
async function routed(table: readonly object[], payload: Payload, rest: object = {}): Promise<object> {
  const { routing, taken } = setUp({ table, default_pipelines: ["rest"], ...rest }, payload.signal);
  await routing.consume(payload);
  return taken;
}

const client: Client = { metadata: new Map([["x-tenant", ["acme", "other"]]]) };
const points = metricsOf([
  { name: "m1", gauge: { dataPoints: [{ asInt: 1n, attributes: attributesOf({ k: "a" }) }, { asInt: 2n }] } },
  { name: "m2", gauge: { dataPoints: [{ asInt: 3n }] } },
]);

describe("hands on", () => {
  test.each<[string, readonly object[], Payload, object]>([
    [
      "each span to the pipelines of the first route that matches it, and others to the default",
      [
        { context: "span", condition: 'name == "1"', pipelines: ["a"] },
        { context: "span", condition: 'name != "3"', pipelines: ["b"] },
      ],
      tracesOf(["1", "2", "3", "4"]),
      { a: "1", b: "2 4", rest: "3" },
    ],
    [
      "to every pipeline of a route",
      [{ condition: 'span.name == "1"', pipelines: ["a", "b"] }],
      tracesOf(["1", "2"]),
      { a: "1", b: "1", rest: "2" },
    ],
    [
      "to further routes too what a route copies",
      [
        { condition: 'span.name == "1"', action: "copy", pipelines: ["a"] },
        { condition: 'span.name == "1"  and true', pipelines: ["b"] },
      ],
      tracesOf(["1", "2"]),
      { a: "1", b: "1", rest: "2" },
    ],
    [
      "together what several routes give one pipeline",
      [
        { condition: 'span.name == "1"', pipelines: ["a"] },
        { condition: 'span.name == "2"', pipelines: ["a"] },
      ],
      tracesOf(["2", "1"]),
      { a: "1 2" },
    ],
    [
      "resources, which paths without a context mean",
      [{ condition: 'attributes["service.name"] == "test"', pipelines: ["a"] }],
      logsOf(["1", "2"]),
      { a: "1 2" },
    ],
    [
      "by statements as well",
      [{ statement: 'route() where resource.attributes["service.name"] == "test"', pipelines: ["a"] }],
      logsOf(["1"]),
      { a: "1" },
    ],
    ["log records", [{ condition: 'log.body == "1"', pipelines: ["a"] }], logsOf(["1", "2"]), { a: "1", rest: "2" }],
    ["metrics", [{ condition: 'metric.name == "m1"', pipelines: ["a"] }], points, { a: "m1 1 2", rest: "m2 3" }],
    [
      "data points, each with its metric",
      [{ condition: 'datapoint.attributes["k"] == "a"', pipelines: ["a"] }],
      points,
      { a: "m1 1", rest: "m1 2 m2 3" },
    ],
    [
      "by who sent it",
      [{ context: "request", condition: 'request["X-Tenant"] == "acme"', pipelines: ["a"] }],
      { ...logsOf(["1"]), client },
      { a: "1" },
    ],
    [
      "by who sent it, unless a header is missing",
      [{ context: "request", condition: 'request["X-Other"] != "acme"', pipelines: ["a"] }],
      { ...logsOf(["1"]), client },
      { rest: "1" },
    ],
    [
      "by who sent it, in OTTL",
      [{ condition: 'otelcol.client.metadata["X-Tenant"][0] == "acme"', pipelines: ["a"] }],
      { ...logsOf(["1"]), client },
      { a: "1" },
    ],
    [
      "nothing by routes for other signals",
      [{ context: "span", condition: "true", pipelines: ["a"] }],
      logsOf(["1"]),
      { rest: "1" },
    ],
  ])("%s", async (_name, table, payload, expected) => {
    expect(await routed(table, payload)).toEqual(expected);
  });

  test("a resource without the attribute that the statement deletes", async () => {
    const { routing, texts } = setUp({
      table: [{ statement: 'delete_key(attributes, "secret") where attributes["secret"] != nil', pipelines: ["a"] }],
    });
    await routing.consume(tracesOf(["1"], { secret: "x", other: "y" }));
    expect(texts.join("")).toContain("other");
    expect(texts.join("")).not.toContain("secret");
  });

  test("nothing of what no route matches, without default pipelines", async () => {
    const { routing, taken } = setUp({ table: [{ condition: 'span.name == "1"', pipelines: ["a"] }] });
    await routing.consume(tracesOf(["1", "2"]));
    expect(taken).toEqual({ a: "1" });
  });

  test("to all pipelines before it tells the sender that one refused", async () => {
    const { routing, taken, answers } = setUp({
      table: [{ condition: 'span.name == "1"', pipelines: ["a"] }],
      default_pipelines: ["rest"],
    });
    answers["a"] = Promise.reject(new Error("down"));
    await expect(routing.consume(tracesOf(["1", "2"]))).rejects.toThrow("down");
    expect(taken).toEqual({ rest: "2" });
  });
});

describe("a route that fails", () => {
  const table = [{ condition: "Int(ParseJSON(span.name)) == 1", pipelines: ["a"] }];

  test("refuses the batch", async () => {
    await expect(routed(table, tracesOf(["x"]))).rejects.toMatchObject({ code: "STATEMENT_FAILED", permanent: true });
  });

  test.each([
    ["ignore", true],
    ["silent", false],
  ])("does not match with error_mode %s", async (mode, isLogged) => {
    const { routing, taken, lines } = setUp({ table, default_pipelines: ["rest"], error_mode: mode });
    await routing.consume(tracesOf(["x"]));
    expect(taken).toEqual({ rest: "x" });
    expect(lines.length > 0).toBe(isLogged);
    expect(routing.explain()).toMatchObject([{ evaluated: 1, matched: 0, errors: 1 }]);
  });
});

test("warns of a route that stands there twice, and leaves it out", async () => {
  const route = { condition: 'span.name == "1"' };
  const { routing, taken, lines } = setUp({
    table: [
      { ...route, pipelines: ["a"] },
      { ...route, context: "span", pipelines: ["b"] },
    ],
  });
  await routing.consume(tracesOf(["1"]));
  expect(taken).toEqual({ a: "1" });
  expect(lines.join("\n")).toContain("is ignored");
});

test("does not start with a pipeline that does not take from it", () => {
  const table = [{ condition: "true", pipelines: ["rset"] }];
  expect(() => setUp({ table })).toThrow(/pipeline not found: "rset"/);
});

test.each<[string, object, string]>([
  ["an empty table", {}, "the routing table is empty"],
  ["neither condition nor statement", { table: [{ pipelines: ["a"] }] }, "no condition or statement provided"],
  [
    "both",
    { table: [{ condition: "true", statement: "route()", pipelines: ["a"] }] },
    "both condition and statement provided",
  ],
  ["no pipelines", { table: [{ condition: "true" }] }, "no pipelines defined"],
  [
    "a statement about a request",
    { table: [{ context: "request", statement: "route()", pipelines: ["a"] }] },
    "requires a 'condition'",
  ],
  [
    "a condition about a request in another form",
    { table: [{ context: "request", condition: 'request["a"] > "b"', pipelines: ["a"] }] },
    "condition must have format",
  ],
  [
    "a condition that cannot be read",
    { table: [{ context: "span", condition: "span.nam == 1", pipelines: ["a"] }] },
    "span.nam",
  ],
  [
    "an editor that it does not have",
    { table: [{ statement: 'set(resource.attributes["a"], 1)', pipelines: ["a"] }] },
    'undefined function "set"',
  ],
])("refuses %s", (_name, config, problem) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what).join("\n")).toContain(problem);
});
