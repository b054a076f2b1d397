import { encode, payloadBytes, payloadOf, PROTOCOLS, toJson, type Payload, type Signal } from "@clew/otlp";
import { expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { ConsumeError } from "../../../consumer.ts";
import { explainOttl } from "../../../ottl/explain.ts";
import { attributesOf, logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { TransformProcessor } from "./transform.ts";

function setUp(config: object) {
  const place = new Place("processors::transform", []);
  const read = schema.read(config, place);
  expect(place.problems).toEqual([]);
  const kit = componentSettings("processor", "transform");
  const taken: Payload[] = [];
  const next = { consume: (payload: Payload) => Promise.resolve(void taken.push(payload)) };
  return { ...kit, taken, transform: new TransformProcessor(kit.settings, read, next) };
}

function jsonOf(payload: Payload | undefined): string {
  return JSON.stringify(toJson(PROTOCOLS[payload!.signal].request, payloadBytes(payload!)));
}

/** What becomes of a payload, as OTLP/JSON. */
async function transformed(config: object, payload: Payload): Promise<string> {
  const { transform, taken } = setUp(config);
  await transform.consume(payload);
  return jsonOf(taken[0]);
}

function payload(signal: Signal, object: object): Payload {
  return payloadOf(signal, encode(PROTOCOLS[signal].request, object));
}

function faultsOf(config: object): string[] {
  const place = new Place("processors::transform", []);
  schema.read(config, place);
  return place.problems.map(({ path, what }) => `${path}: ${what.replace(/\n.*/s, "")}`);
}

test("runs statements in order, each on the kind of record that it names", async () => {
  const json = await transformed(
    {
      trace_statements: [
        'set(resource.attributes["seen"], true)',
        'set(scope.name, "changed")',
        'set(span.name, Concat([span.name, resource.attributes["service.name"]], "@")) where span.name == "a"',
      ],
    },
    tracesOf(["a", "b"]),
  );
  expect(json).toContain('"name":"a@test"');
  expect(json).toContain('"name":"b"');
  expect(json).toContain('{"key":"seen","value":{"boolValue":true}}');
  expect(json).toContain('"scope":{"name":"changed"');
});

test("hands on the very payload where no statement changes anything", async () => {
  const { transform, taken } = setUp({ log_statements: ['set(log.severity_text, "x") where log.body == "no"'] });
  const logs = logsOf(["a", "b"]);
  await transform.consume(logs);
  expect(taken[0]).toBe(logs);
});

test("a group's conditions decide for all its statements, and paths need no context where it is given", async () => {
  const json = await transformed(
    {
      log_statements: [
        {
          context: "log",
          conditions: ['body == "a"', 'body == "b"'],
          statements: ['set(attributes["hit"], body)'],
        },
      ],
    },
    logsOf(["a", "b", "c"]),
  );
  expect(json.match(/"hit"/g)).toHaveLength(2);
});

test("each record has a cache of its own, unless groups share one", async () => {
  const statements = (shared: boolean): object => ({
    log_statements: [
      { shared_cache: shared, statements: ['set(log.cache["kept"], log.body) where log.body == "a"'] },
      { shared_cache: shared, statements: ['set(log.attributes["kept"], log.cache["kept"])'] },
    ],
  });
  const own = await transformed(statements(false), logsOf(["a", "b"]));
  expect(own).not.toContain('{"key":"kept","value":{"stringValue":"a"}}');
  const shared = await transformed(statements(true), logsOf(["a", "b"]));
  expect(shared.match(/\{"key":"kept","value":\{"stringValue":"a"\}\}/g)).toHaveLength(2);
});

test("logs a statement's error and goes on, by default", async () => {
  const { transform, taken, lines } = setUp({
    log_statements: ['set(log.attributes["n"], ParseJSON(log.body))', 'set(log.attributes["after"], 1)'],
  });
  await transform.consume(logsOf(["no json"]));
  expect(jsonOf(taken[0])).toContain('"after"');
  expect(lines.join("\n")).toContain("failed to execute statement");
});

test("refuses the batch for good where errors propagate", async () => {
  const { transform, taken } = setUp({
    error_mode: "propagate",
    log_statements: ['set(log.attributes["n"], ParseJSON(log.body))'],
  });
  const outcome = await transform.consume(logsOf(["no json"])).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(ConsumeError);
  expect((outcome as ConsumeError).permanent).toBe(true);
  expect((outcome as ConsumeError).code).toBe("STATEMENT_FAILED");
  expect(taken).toEqual([]);
});

test("tells for each statement how often it ran, held, changed something and failed", async () => {
  const { transform } = setUp({
    log_statements: ['set(log.attributes["x"], 1) where log.body != "c"', "set(log.body, ParseJSON(log.body))"],
  });
  await transform.consume(logsOf(["a", "b", "c"]));
  expect(explainOttl(transform)).toEqual([
    { text: 'set(log.attributes["x"], 1) where log.body != "c"', evaluated: 3, matched: 2, changed: 2, errors: 0 },
    { text: "set(log.body, ParseJSON(log.body))", evaluated: 3, matched: 3, changed: 0, errors: 3 },
  ]);
});

test("tells every fault at once, where it stands, in the original's words", () => {
  expect(
    faultsOf({
      trace_statements: ['set(span.nam, "x")', "sett(span.name, 1)"],
      log_statements: [{ statements: ["set(log.body, span.name)"] }, "set(log.body, 1)"],
      metric_statements: [{ context: "span", statements: ["set(name, 1)"] }],
    }),
  ).toEqual([
    'processors::transform::trace_statements::0: unable to parse OTTL statement "set(span.nam, \\"x\\")": statement failed to parse near `nam, "x")`: error while parsing arguments for call to "set": invalid argument at position 0: segment "nam" from path "span.nam" is not a valid path nor a valid OTTL keyword for the span context - review https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl/contexts/ottlspan to see all valid paths',
    'processors::transform::trace_statements::1: unable to parse OTTL statement "sett(span.name, 1)": statement failed to parse near `sett(span.`: undefined function "sett"',
    "processors::transform::metric_statements::0: unknown context span for metrics",
    "processors::transform::log_statements: configuring multiple configuration styles is not supported, please use only Basic configuration or only Advanced configuration",
  ]);
  expect(faultsOf({ trace_statements: ['set(span.nam, "x")', "set(span.name"] })).toEqual([
    'processors::transform::trace_statements::1: unable to parse OTTL statement "set(span.name": statement has invalid syntax: unexpected token "<EOF>" (expected ")")',
  ]);
});

test("flattens logs, so that each record changes a resource of its own, and joins equal ones again", async () => {
  const json = await transformed(
    { flatten: { log: true }, log_statements: ['set(resource.attributes["to"], log.body)'] },
    logsOf(["a", "b", "a"]),
  );
  const { resourceLogs } = JSON.parse(json) as { resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] };
  expect(resourceLogs.map(({ scopeLogs: [scope] }) => scope?.logRecords.length)).toEqual([2, 1]);
});

const point = { asInt: 5n, timeUnixNano: 9n, attributes: attributesOf({ a: "b" }) };
const histogram = {
  name: "h",
  histogram: {
    aggregationTemporality: 2,
    dataPoints: [{ count: 4n, sum: 6.5, bucketCounts: [1n, 1n, 2n], explicitBounds: [1, 2], timeUnixNano: 9n }],
  },
};
const summary = {
  name: "s",
  summary: { dataPoints: [{ count: 3n, sum: 7, quantileValues: [{ quantile: 0.5, value: 2 }] }] },
};

test.each<[string, object, string]>([
  ["convert_sum_to_gauge()", { name: "m", sum: { dataPoints: [point] } }, '"gauge":{"dataPoints"'],
  [
    'convert_gauge_to_sum("delta", true)',
    { name: "m", gauge: { dataPoints: [point] } },
    '"aggregationTemporality":1,"isMonotonic":true',
  ],
  ['extract_count_metric(true) where metric.name == "h"', histogram, '"name":"h_count","unit":"1"'],
  ['extract_sum_metric(true) where metric.name == "h"', histogram, '"asDouble":6.5'],
  ['extract_avg_metric() where metric.name == "h"', histogram, '"asDouble":1.625'],
  ['copy_metric(name="copy") where metric.name == "h"', histogram, '"name":"copy"'],
  ['scale_metric(10.0, "ms")', histogram, '"sum":65'],
  ['convert_summary_quantile_val_to_gauge() where metric.name == "s"', summary, '"name":"s.quantiles"'],
  [
    'convert_summary_count_val_to_sum("cumulative", true) where metric.name == "s" and datapoint.count > 0',
    summary,
    '"name":"s_count"',
  ],
  [
    'convert_summary_sum_val_to_sum("cumulative", true) where metric.name == "s" and datapoint.count > 0',
    summary,
    '"asDouble":7',
  ],
  [
    "merge_histogram_buckets(1.0) where datapoint.count > 0",
    histogram,
    '"explicitBounds":[2],"bucketCounts":["2","2"]',
  ],
  [
    'merge_histogram_buckets(2, "limit_buckets") where datapoint.count > 0',
    histogram,
    '"explicitBounds":[2],"bucketCounts":["2","2"]',
  ],
])("%s", async (statement, metric, expected) => {
  const context = statement.includes("datapoint.") ? {} : { context: "metric" };
  const statements = [statement.replace(/ where metric\.name/, " where metric.name")];
  const config = { metric_statements: [{ ...context, statements }] };
  expect(await transformed(config, metricsOf([metric]))).toContain(expected);
});

test("points that are alike once attributes are gone are joined", async () => {
  const points = [1n, 2n, 6n].map((asInt) => ({
    asInt,
    timeUnixNano: 9n,
    attributes: attributesOf({ a: String(asInt), k: "x" }),
  }));
  const joined = async (name: string): Promise<string> =>
    transformed(
      { metric_statements: [{ context: "metric", statements: [`aggregate_on_attributes("${name}", ["k"])`] }] },
      metricsOf([{ name: "m", sum: { aggregationTemporality: 2, dataPoints: points } }]),
    );
  expect(await joined("sum")).toContain('"asInt":"9"');
  expect(await joined("median")).toContain('"asInt":"2"');
  expect(await joined("count")).toContain('"asInt":"3"');
});

test("an exponential histogram gets the bounds that are wanted", async () => {
  const exponential = {
    name: "e",
    exponentialHistogram: {
      aggregationTemporality: 1,
      dataPoints: [{ count: 6n, sum: 9, scale: 0, zeroCount: 1n, positive: { offset: 0, bucketCounts: [2n, 3n] } }],
    },
  };
  const statement = 'convert_exponential_histogram_to_histogram("upper", [1.0, 2.0, 4.0])';
  const json = await transformed(
    { metric_statements: [{ context: "metric", statements: [statement] }] },
    metricsOf([exponential]),
  );
  expect(json).toContain('"explicitBounds":[1,2,4],"bucketCounts":["1","2","3","0"]');
});

test("a statement that adds metrics without end is stopped", async () => {
  const { transform, lines } = setUp({ metric_statements: [{ context: "metric", statements: ["copy_metric()"] }] });
  await transform.consume(metricsOf([{ name: "m", gauge: { dataPoints: [point] } }]));
  expect(lines.some((line) => line.includes("a scope may hold 10000 metrics at most"))).toBe(true);
});

test("names spans as the semantic conventions ask, and keeps the name that they had", async () => {
  const span = {
    name: "x",
    kind: 2,
    attributes: attributesOf({ "http.request.method": "GET", "http.route": "/users/{id}" }),
  };
  const json = await transformed(
    { trace_statements: ['set_semconv_span_name("1.37.0", "old") where span.kind == SPAN_KIND_SERVER'] },
    payload("traces", { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  );
  expect(json).toContain('"name":"GET /users/{id}"');
  expect(json).toContain('{"key":"old","value":{"stringValue":"x"}}');
});
