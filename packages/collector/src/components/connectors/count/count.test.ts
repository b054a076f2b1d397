import { encode, payloadBytes, payloadOf, PROTOCOLS, toJson, type Payload } from "@clew/otlp";
import { describe, expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { Count } from "./count.ts";

function setUp(config: object) {
  const place = new Place("connectors::count", []);
  const read = schema.read(config, place);
  expect(place.problems).toEqual([]);
  const { settings } = componentSettings("connector", "count");
  const sent: object[] = [];
  const next = {
    consume: (payload: Payload) =>
      Promise.resolve(void sent.push(toJson(PROTOCOLS.metrics.request, payloadBytes(payload)))),
  };
  return { sent, count: new Count(settings, read, next) };
}

interface SentPoint {
  readonly attributes?: readonly { readonly key: string; readonly value: Readonly<Record<string, string>> }[];
  readonly asInt: string;
}

interface SentMetrics {
  readonly scopeMetrics: readonly {
    readonly metrics: readonly { readonly name: string; readonly sum: { readonly dataPoints: readonly SentPoint[] } }[];
  }[];
}

/** `name{attribute=value}=count` of each series, by resource. */
async function counts(config: object, payload: Payload): Promise<string[]> {
  const { count, sent } = setUp(config);
  await count.consume(payload);
  const [{ resourceMetrics = [] } = {}] = sent as { resourceMetrics?: SentMetrics[] }[];
  const all = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: sums }) => sums));
  return all.flatMap(({ name, sum }) =>
    sum.dataPoints.map(({ attributes = [], asInt }) => {
      const labels = attributes.map(({ key, value }) => `${key}=${Object.values(value).join("")}`);
      return `${name}{${labels.join(",")}}=${asInt}`;
    }),
  );
}

const logs = payloadOf(
  "logs",
  encode(PROTOCOLS.logs.request, {
    resourceLogs: [
      {
        resource: { attributes: attributesOf({ env: "prod" }) },
        scopeLogs: [
          {
            scope: { attributes: attributesOf({ lib: "x" }) },
            logRecords: [
              { severityNumber: 17, timeUnixNano: 5n },
              { severityNumber: 9, timeUnixNano: 2n, attributes: attributesOf({ env: "test" }) },
              { severityNumber: 9, timeUnixNano: 9n },
            ],
          },
        ],
      },
      { scopeLogs: [{ logRecords: [{}] }] },
    ],
  }),
);

const spans = payloadOf(
  "traces",
  encode(PROTOCOLS.traces.request, {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              { name: "a", events: [{ name: "e" }, { name: "f" }] },
              { name: "b", events: [] },
            ],
          },
        ],
      },
    ],
  }),
);

const metrics = metricsOf([
  { name: "m1", gauge: { dataPoints: [{ attributes: attributesOf({ k: "a" }) }, {}] } },
  { name: "m2", sum: { dataPoints: [{}] } },
]);

describe("counts", () => {
  test.each<[string, object, Payload, string[]]>([
    ["spans and their events", {}, spans, ["trace.span.count{}=2", "trace.span.event.count{}=2"]],
    ["metrics and their data points", {}, metrics, ["metric.count{}=2", "metric.datapoint.count{}=3"]],
    ["log records, of each resource", {}, logs, ["log.record.count{}=3", "log.record.count{}=1"]],
    [
      "what one of several conditions holds for",
      { spanevents: { mine: { conditions: ['spanevent.name == "e"', 'span.name == "b"'] } } },
      spans,
      ["trace.span.count{}=2", "mine{}=1"],
    ],
    [
      "by attributes of the record, the scope or the resource",
      { logs: { mine: { attributes: [{ key: "env" }, { key: "lib" }] } } },
      logs,
      ["mine{env=prod,lib=x}=2", "mine{env=test,lib=x}=1"],
    ],
    [
      "what has no such attribute under what stands in",
      { logs: { mine: { attributes: [{ key: "env", default_value: 0 }] } } },
      logs,
      ["mine{env=prod}=2", "mine{env=test}=1", "mine{env=0}=1"],
    ],
    [
      "under several names",
      {
        logs: {
          errors: { conditions: ["log.severity_number >= SEVERITY_NUMBER_ERROR"] },
          others: { conditions: ["severity_number < SEVERITY_NUMBER_ERROR"] },
        },
      },
      logs,
      ["errors{}=1", "others{}=2", "others{}=1"],
    ],
    [
      "metrics by their points",
      { metrics: { mine: { conditions: ['HasAttrOnDatapoint("k", "a")'] } }, datapoints: { points: {} } },
      metrics,
      ["mine{}=1", "points{}=3"],
    ],
    ["nothing of what does not match", { logs: { none: { conditions: ["false"] } } }, logs, []],
  ])("%s", async (_name, config, payload, expected) => {
    expect(await counts(config, payload)).toEqual(expected);
  });
});

test("sends delta sums over the time of what was counted, of the same resource", async () => {
  const { count, sent } = setUp({ logs: { mine: { description: "Mine." } } });
  await count.consume(logs);
  expect(sent).toMatchObject([
    {
      resourceMetrics: [
        {
          resource: { attributes: [{ key: "env", value: { stringValue: "prod" } }] },
          scopeMetrics: [
            {
              scope: { name: "github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector" },
              metrics: [
                {
                  name: "mine",
                  description: "Mine.",
                  sum: {
                    isMonotonic: true,
                    aggregationTemporality: 1,
                    dataPoints: [{ startTimeUnixNano: "2", timeUnixNano: "9", asInt: "3" }],
                  },
                },
              ],
            },
          ],
        },
        {},
      ],
    },
  ]);
});

test("refuses a batch for which a condition fails, and counts that", async () => {
  const { count, sent } = setUp({ spans: { mine: { conditions: ["Int(ParseJSON(span.name)) == 1"] } } });
  await expect(count.consume(tracesOf(["x"]))).rejects.toMatchObject({ code: "STATEMENT_FAILED", permanent: true });
  expect(sent).toEqual([]);
  expect(count.explain()).toMatchObject([{ evaluated: 1, errors: 1 }]);
});

test("sends nothing where nothing was counted", async () => {
  const { count, sent } = setUp({ logs: { none: { conditions: ["false"] } } });
  await count.consume(logsOf(["a"]));
  expect(sent).toEqual([]);
});

test.each<[string, object, string]>([
  ["a metric without a name", { logs: { "": {} } }, "metric name missing"],
  ["an attribute without a key", { logs: { a: { attributes: [{}] } } }, "attribute key missing"],
  [
    "a list that stands in",
    { logs: { a: { attributes: [{ key: "k", default_value: [1] }] } } },
    "invalid default value specified for attribute k",
  ],
  ["metrics by attributes", { metrics: { a: { attributes: [{ key: "k" }] } } }, "metrics attributes not supported"],
  ["a condition that cannot be read", { spans: { a: { conditions: ["span.nam == 1"] } } }, "span.nam"],
])("refuses %s", (_name, config, problem) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what).join("\n")).toContain(problem);
});
