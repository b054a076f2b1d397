import { decode, payloadBytes, PROTOCOLS, type MetricsObject, type Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { metricsOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { CumulativeToDelta } from "./cumulative-to-delta.ts";

function setUp(config: object = { initial_value: "drop" }) {
  const clock = new ManualClock();
  const kit = componentSettings("processor", "cumulativetodelta", clock);
  const sent: Payload[] = [];
  const answers: Error[] = [];
  const place = new Place("", []);
  const processor = new CumulativeToDelta(kit.settings, schema.read(config, place), {
    consume(payload) {
      const error = answers.shift();
      if (error !== undefined) return Promise.reject(error);
      sent.push(payload);
      return Promise.resolve();
    },
  });
  expect(place.problems).toEqual([]);
  const metrics = (): MetricsObject["resourceMetrics"][0]["scopeMetrics"][0]["metrics"] => {
    const bytes = payloadBytes(sent.at(-1)!);
    return (decode(PROTOCOLS.metrics.request, bytes) as unknown as MetricsObject).resourceMetrics[0]!.scopeMetrics[0]!
      .metrics;
  };
  return { clock, processor, sent, answers, metrics, ...kit };
}

const sum = (value: object, time: bigint, name = "s", more: object = {}): Payload =>
  metricsOf([
    {
      name,
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ ...value, startTimeUnixNano: 1n, timeUnixNano: time }],
        ...more,
      },
    },
  ]);

test("gives what came since the point before, integers and doubles", async () => {
  const { processor, sent, metrics } = setUp();
  await processor.consume(sum({ asInt: 10n }, 10n));
  expect(sent).toEqual([]);
  await processor.consume(sum({ asInt: 15n }, 20n));
  expect(metrics()[0]?.sum).toMatchObject({
    aggregationTemporality: 1,
    dataPoints: [{ asInt: 5n, startTimeUnixNano: 10n, timeUnixNano: 20n }],
  });
  await processor.consume(sum({ asDouble: 16.5 }, 30n));
  expect(metrics()[0]?.sum?.dataPoints[0]?.asDouble).toBe(1.5);
});

test.each([
  ["auto", 1n, 0],
  ["auto", 1_000_000_000n, 1],
  ["keep", 1n, 1],
  ["drop", 1_000_000_000n, 0],
])("with initial_value %s a first point that began at %d is kept %d times", async (rule, start, expected) => {
  const { processor, sent, clock } = setUp({ initial_value: rule });
  clock.advance(1);
  const metric = {
    aggregationTemporality: 2,
    isMonotonic: true,
    dataPoints: [{ asInt: 3n, startTimeUnixNano: start, timeUnixNano: start + 5n }],
  };
  const late = new CumulativeToDelta(
    componentSettings("processor", "c", clock).settings,
    schema.read({ initial_value: rule }, new Place("", [])),
    {
      consume(payload) {
        sent.push(payload);
        return Promise.resolve();
      },
    },
  );
  await late.consume(metricsOf([{ name: "s", sum: metric }]));
  expect(sent).toHaveLength(expected);
  await processor.shutdown();
});

test("a stream that was reset begins anew, and that is counted", async () => {
  const { processor, sent, metrics, meter } = setUp();
  await processor.consume(sum({ asInt: 10n }, 10n));
  await processor.consume(sum({ asInt: 4n }, 20n));
  expect(sent).toEqual([]);
  await processor.consume(sum({ asInt: 6n }, 30n));
  expect(metrics()[0]?.sum?.dataPoints[0]?.asInt).toBe(2n);
  const dropped = meter.families().find(({ name }) => name.endsWith("datapoints_dropped"));
  expect(dropped?.samples.map(({ labels, value }) => [labels["reason"], value])).toEqual([
    ["initial", 1],
    ["reset", 1],
  ]);
});

test("a delta that was not taken downstream comes again with the sender's next attempt", async () => {
  const { processor, answers, metrics } = setUp();
  await processor.consume(sum({ asInt: 10n }, 10n));
  answers.push(new Error("no"));
  await expect(processor.consume(sum({ asInt: 15n }, 20n))).rejects.toThrow("no");
  await processor.consume(sum({ asInt: 15n }, 20n));
  expect(metrics()[0]?.sum?.dataPoints[0]?.asInt).toBe(5n);
});

test("converts histograms of both kinds, without their extremes", async () => {
  const { processor, metrics } = setUp();
  const histograms = (time: bigint, count: bigint, buckets: bigint[], exponential: object): Payload =>
    metricsOf([
      {
        name: "h",
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [
            {
              timeUnixNano: time,
              count,
              sum: Number(count),
              min: 0,
              max: 9,
              explicitBounds: [1],
              bucketCounts: buckets,
            },
          ],
        },
      },
      {
        name: "e",
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [{ timeUnixNano: time, count, sum: Number(count), ...exponential }],
        },
      },
    ]);
  await processor.consume(
    histograms(1n, 3n, [1n, 2n], { scale: 1, positive: { offset: 0, bucketCounts: [1n, 1n, 1n] } }),
  );
  await processor.consume(histograms(2n, 8n, [3n, 5n], { scale: 0, positive: { offset: 0, bucketCounts: [5n, 3n] } }));
  const [classic, exponential] = metrics();
  const point = classic?.histogram?.dataPoints[0];
  expect(point).toMatchObject({ count: 5n, sum: 5, bucketCounts: [2n, 3n], startTimeUnixNano: 1n });
  expect([point?.min, point?.max]).toEqual([undefined, undefined]);
  expect(exponential?.exponentialHistogram?.dataPoints[0]).toMatchObject({
    count: 5n,
    scale: 0,
    positive: { offset: 0, bucketCounts: [3n, 2n] },
  });
});

test("converts what is included and not excluded, by name, pattern and type", async () => {
  const { processor, sent, metrics } = setUp({
    include: { match_type: "regexp", metrics: ["^http"] },
    exclude: { match_type: "strict", metrics: ["http.b"] },
    initial_value: "keep",
  });
  for (const [name, expected] of [
    ["http.a", 1],
    ["http.b", 2],
    ["other", 2],
  ] as const) {
    await processor.consume(sum({ asInt: 1n }, 10n, name));
    expect([name, metrics()[0]?.sum?.aggregationTemporality]).toEqual([name, expected]);
  }
  const types = setUp({ include: { match_type: "strict", metric_types: ["histogram"] } });
  await types.processor.consume(sum({ asInt: 1n }, 10n));
  expect(types.metrics()[0]?.sum?.aggregationTemporality).toBe(2);
  expect(sent).toHaveLength(3);
});

test("leaves alone what is no monotonic cumulative sum", async () => {
  const { processor, sent } = setUp();
  const others = [
    sum({ asInt: 1n }, 1n, "s", { isMonotonic: false }),
    sum({ asInt: 1n }, 1n, "s", { aggregationTemporality: 1 }),
  ];
  for (const one of others) await processor.consume(one);
  expect(sent).toEqual(others);
});

test("forgets streams that are stale", async () => {
  const { processor, sent, clock } = setUp({ initial_value: "drop", max_staleness: "1m" });
  await processor.start();
  await processor.consume(sum({ asInt: 1n }, 10n));
  clock.advance(121_000);
  await processor.consume(sum({ asInt: 2n }, 20n));
  expect(sent).toEqual([]);
  await processor.shutdown();
});

test("refuses patterns that are none", () => {
  const place = new Place("", []);
  schema.read({ include: { match_type: "regexp", metrics: ["("] } }, place);
  expect(place.problems.map(({ path }) => path)).toEqual(["include::metrics::0"]);
});
