/** What OTLP has and the official JavaScript exporters do not send: each field comes back through the HTTP APIs as it went in. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const directory = temporaryDirectory();
let clew: RunningClew;

beforeAll(async () => {
  clew = await startClew(directory.path);
});

afterAll(async () => {
  await clew.stop();
  directory.remove();
});

const second = Math.floor(Date.now() / 1_000) - 10;
const at = (nanos: number): string => `${second}${String(nanos).padStart(9, "0")}`;

const attributes = [
  { key: "empty", value: {} },
  { key: "bytes", value: { bytesValue: "AAH/" } },
  { key: "least", value: { intValue: "-9223372036854775808" } },
  { key: "greatest", value: { intValue: "9223372036854775807" } },
  { key: "not a number", value: { doubleValue: "NaN" } },
  { key: "without end", value: { doubleValue: "-Infinity" } },
  { key: "twice", value: { stringValue: "first" } },
  { key: "twice", value: { stringValue: "second" } },
  {
    key: "nested",
    value: {
      kvlistValue: {
        values: [
          {
            key: "list",
            value: { arrayValue: { values: [{ intValue: "1" }, { doubleValue: 1 }, { arrayValue: { values: [] } }] } },
          },
          { key: "none", value: {} },
        ],
      },
    },
  },
];

const resource = {
  attributes: [{ key: "service.name", value: { stringValue: "every field" } }, ...attributes],
  droppedAttributesCount: 3,
};
const scope = { name: "scope", version: "v1", attributes, droppedAttributesCount: 4 };
const resourceSchemaUrl = "https://example.com/resource/1";
const scopeSchemaUrl = "https://example.com/scope/1";

async function send(path: string, body: object): Promise<void> {
  const response = await fetch(clew.otlpHttp + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect([response.status, await response.json()]).toEqual([200, {}]);
}

test("spans", async () => {
  const traceId = "5b8efff798038103d269b633813fc60c";
  const span = {
    traceId,
    spanId: "eee19b7ec3c1b174",
    name: "",
    kind: 5,
    flags: 0x1ff,
    startTimeUnixNano: at(1),
    endTimeUnixNano: at(2),
    attributes,
  };
  const scopeSpans = [{ scope, spans: [span], schemaUrl: scopeSchemaUrl }];
  const resourceSpans = [{ resource, scopeSpans, schemaUrl: resourceSchemaUrl }];
  await send("/v1/traces", { resourceSpans });
  const { result } = await eventually(
    () => getJson<{ result?: object }>(`${clew.ui}/api/v3/traces/${traceId}`),
    (answer) => answer.result !== undefined,
  );
  expect(result).toEqual({ resourceSpans });
});

test.each([
  ["text", { stringValue: "a\nb" }],
  ["a number", { doubleValue: 0.5 }],
  ["bytes", { bytesValue: "AAH/" }],
  ["a map", { kvlistValue: { values: attributes } }],
  ["an array", { arrayValue: { values: [{ boolValue: false }, {}] } }],
  ["nothing", undefined],
])("a log record whose body is %s, and that has no time but when it was observed", async (eventName, body) => {
  const record = {
    observedTimeUnixNano: at(3),
    severityNumber: 24,
    eventName,
    ...(body === undefined ? {} : { body }),
    attributes,
  };
  const scopeLogs = [{ scope, logRecords: [record], schemaUrl: scopeSchemaUrl }];
  await send("/v1/logs", { resourceLogs: [{ resource, scopeLogs, schemaUrl: resourceSchemaUrl }] });
  const { records } = await eventually(
    () => getJson<{ records: Record<string, unknown>[] }>(`${clew.ui}/api/clew/v1/logs?service=every+field&limit=100`),
    (answer) => answer.records.some((one) => one["eventName"] === eventName),
  );
  const found = records.find((one) => one["eventName"] === eventName);
  expect(found).toMatchObject({
    ...record,
    resource,
    resourceSchemaUrl,
    scope,
    scopeSchemaUrl,
    timestampUnixNano: at(3),
    severityText: "",
    traceId: "",
    spanId: "",
  });
  expect(found).not.toHaveProperty("timeUnixNano");
  expect(found?.["body"]).toEqual(body);
});

test("summaries, exemplars, points without a value, and metadata of metrics", async () => {
  const exemplar = { timeUnixNano: at(4), spanId: "eee19b7ec3c1b174", traceId: "5b8efff798038103d269b633813fc60c" };
  const exemplars = [
    { filteredAttributes: attributes, ...exemplar, asDouble: 2.5 },
    { ...exemplar, timeUnixNano: at(5), asInt: "-9007199254740993" },
  ];
  const point = {
    attributes: [{ key: "a", value: { stringValue: "b" } }],
    startTimeUnixNano: at(0),
    timeUnixNano: at(6),
  };
  const metadata = [{ key: "origin", value: { stringValue: "test" } }];
  const metrics = {
    "every summary": {
      unit: "s",
      summary: {
        dataPoints: [
          {
            ...point,
            count: "9",
            sum: 4.5,
            quantileValues: [
              { quantile: 0.5, value: 0.25 },
              { quantile: 1, value: "NaN" },
            ],
          },
        ],
      },
    },
    "every sum": {
      metadata,
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ ...point, asInt: "9223372036854775807", exemplars }],
      },
    },
    "every histogram": {
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [{ ...point, count: "3", bucketCounts: ["1", "2"], explicitBounds: [0.1], exemplars }],
      },
    },
    "every end": { gauge: { dataPoints: [{ ...point, flags: 1 }] } },
  };
  const list = Object.entries(metrics).map(([name, metric]) => ({ name, ...metric }));
  const scopeMetrics = [{ scope, metrics: list, schemaUrl: scopeSchemaUrl }];
  await send("/v1/metrics", { resourceMetrics: [{ resource, scopeMetrics, schemaUrl: resourceSchemaUrl }] });
  for (const metric of list) {
    const { resourceMetrics } = await eventually(
      () =>
        getJson<{ resourceMetrics: object[] }>(
          `${clew.ui}/api/clew/v1/metrics/points?name=${encodeURIComponent(metric.name)}`,
        ),
      (answer) => answer.resourceMetrics.length > 0,
    );
    expect(resourceMetrics).toEqual([
      {
        resource,
        scopeMetrics: [{ scope, metrics: [metric], schemaUrl: scopeSchemaUrl }],
        schemaUrl: resourceSchemaUrl,
      },
    ]);
  }
});
