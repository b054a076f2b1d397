import { readFileSync } from "node:fs";
import { payloadOfJson, SIGNALS, type Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { debugConsumer } from "./debug.ts";

const METRICS = metricsOf([
  {
    name: "c",
    unit: "1",
    sum: {
      isMonotonic: true,
      aggregationTemporality: 2,
      dataPoints: [{ asInt: 5n, attributes: attributesOf({ k: "v" }) }],
    },
  },
  {
    name: "h",
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [{ count: 1n, sum: 2, explicitBounds: [1], bucketCounts: [0n, 1n] }],
    },
  },
]);

async function linesOf(config: object, ...payloads: Payload[]): Promise<string[]> {
  const { settings, lines } = componentSettings("exporter", "debug", new ManualClock());
  const debug = debugConsumer(settings, schema.read(config, new Place("", [])));
  for (const payload of payloads) await debug.consume(payload);
  return lines;
}

test("writes one line with counts for each batch", async () => {
  expect(await linesOf({ verbosity: "basic" }, tracesOf(["a", "b"]), METRICS, logsOf(["l"]))).toEqual([
    'info\tTraces\t{"otelcol.signal": "traces", "resource spans": 1, "spans": 2}',
    'info\tMetrics\t{"otelcol.signal": "metrics", "resource metrics": 1, "metrics": 2, "data points": 2}',
    'info\tLogs\t{"otelcol.signal": "logs", "resource logs": 1, "log records": 1}',
  ]);
});

test("normal adds a line for each record", async () => {
  const lines = await linesOf({ verbosity: "normal" }, tracesOf(["a"]), METRICS, logsOf(["hello"]));
  expect([lines[1], lines[3], lines[5]]).toEqual([
    `info\tResourceTraces #0 service.name=test\nScopeTraces #0 kit\na ${"01".repeat(16)} ${"02".repeat(8)}\n\t{"otelcol.signal": "traces"}`,
    'info\tResourceMetrics #0 service.name=test\nScopeMetrics #0 kit@1\nc{k=v} 5\nh{} count=1 sum=2 le1=0 1\n\t{"otelcol.signal": "metrics"}',
    'info\tResourceLog #0 service.name=test\nScopeLog #0\nhello \n\t{"otelcol.signal": "logs"}',
  ]);
});

test("detailed adds every field", async () => {
  const [, traces, , metrics, , logs] = await linesOf(
    { verbosity: "detailed" },
    tracesOf(["a"]),
    METRICS,
    logsOf(["hello"]),
  );
  expect(traces?.split("\n")).toEqual(
    expect.arrayContaining([
      "Resource attributes:",
      "     -> service.name: Str(test)",
      "Span #0",
      "    Kind           : Unspecified",
      "    Start time     : 1970-01-01 00:00:00 +0000 UTC",
    ]),
  );
  expect(metrics?.split("\n")).toEqual(
    expect.arrayContaining([
      "     -> DataType: Sum",
      "     -> AggregationTemporality: Cumulative",
      "     -> k: Str(v)",
      "Value: 5",
      "Buckets #1, Count: 1",
    ]),
  );
  expect(logs?.split("\n")).toEqual(
    expect.arrayContaining(["Body: Str(hello)", "Timestamp: 1970-01-01 00:00:00.000000001 +0000 UTC"]),
  );
});

test("after sampling_initial lines in a second writes every so-manieth", async () => {
  const payloads = Array.from({ length: 8 }, () => logsOf(["l"]));
  expect(await linesOf({ sampling_initial: 2, sampling_thereafter: 3 }, ...payloads)).toHaveLength(4);
  expect(await linesOf({}, ...payloads)).toHaveLength(8);
});

// What the Collector 0.165 prints for these, to the letter.
test.each(["normal", "detailed"])("%s prints everything that there can be as the Collector does", async (verbosity) => {
  const payloads = SIGNALS.map((signal) =>
    payloadOfJson(signal, readFileSync(`${import.meta.dirname}/testdata/${signal}.json`, "utf8")),
  );
  const lines = await linesOf({ verbosity, sampling_initial: 10 }, ...payloads);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`testdata/${verbosity}.txt`);
});
