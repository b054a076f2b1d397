import { decode, payloadBytes, PROTOCOLS, type MetricsObject, type Payload } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, metricsOf, type Attributes } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { DeltaToCumulative } from "./delta-to-cumulative.ts";

function setUp(config: object = {}) {
  const clock = new ManualClock();
  const kit = componentSettings("processor", "deltatocumulative", clock);
  const sent: Payload[] = [];
  const answers: Error[] = [];
  const processor = new DeltaToCumulative(kit.settings, schema.read(config, new Place("", [])), {
    consume(payload) {
      const error = answers.shift();
      if (error !== undefined) return Promise.reject(error);
      sent.push(payload);
      return Promise.resolve();
    },
  });
  const metrics = (): MetricsObject["resourceMetrics"][0]["scopeMetrics"][0]["metrics"] => {
    const bytes = payloadBytes(sent.at(-1)!);
    return (decode(PROTOCOLS.metrics.request, bytes) as unknown as MetricsObject).resourceMetrics[0]!.scopeMetrics[0]!
      .metrics;
  };
  return { clock, processor, sent, answers, metrics, ...kit };
}

const sum = (value: object, time: bigint, attributes: Attributes = {}): Payload =>
  metricsOf([
    {
      name: "s",
      sum: {
        aggregationTemporality: 1,
        isMonotonic: true,
        dataPoints: [
          { ...value, startTimeUnixNano: time - 1n, timeUnixNano: time, attributes: attributesOf(attributes) },
        ],
      },
    },
  ]);

test("adds up each stream by itself, from its own start", async () => {
  const { processor, metrics } = setUp();
  await processor.consume(sum({ asInt: 1n }, 10n, { a: "x" }));
  await processor.consume(sum({ asInt: 5n }, 10n, { a: "y" }));
  await processor.consume(sum({ asInt: 2n }, 20n, { a: "x" }));
  expect(metrics()[0]?.sum).toMatchObject({
    aggregationTemporality: 2,
    dataPoints: [{ asInt: 3n, startTimeUnixNano: 9n, timeUnixNano: 20n }],
  });
  await processor.consume(sum({ asDouble: 0.5 }, 30n, { a: "x" }));
  expect(metrics()[0]?.sum?.dataPoints[0]).toMatchObject({ asDouble: 3.5 });
});

test("drops what is not newer than its stream, and counts it", async () => {
  const { processor, sent, meter } = setUp();
  await processor.consume(sum({ asInt: 1n }, 10n));
  await processor.consume(sum({ asInt: 1n }, 10n));
  expect(sent).toHaveLength(1);
  const counted = meter.families().find(({ name }) => name === "otelcol_deltatocumulative_datapoints");
  expect(counted?.samples.map(({ labels, value }) => [labels["error"], value])).toEqual([
    [undefined, 1],
    ["delta.ErrOutOfOrder", 1],
  ]);
});

test("what was not taken downstream is not counted twice when it comes again", async () => {
  const { processor, answers, metrics } = setUp();
  await processor.consume(sum({ asInt: 1n }, 10n));
  answers.push(new Error("no"));
  await expect(processor.consume(sum({ asInt: 2n }, 20n))).rejects.toThrow("no");
  await processor.consume(sum({ asInt: 2n }, 20n));
  expect(metrics()[0]?.sum?.dataPoints[0]?.asInt).toBe(3n);
});

test("keeps no more streams than max_streams, and forgets those that are stale", async () => {
  const { processor, sent, clock } = setUp({ max_streams: 1, max_stale: "1m" });
  await processor.start();
  await processor.consume(sum({ asInt: 1n }, 10n, { a: "x" }));
  await processor.consume(sum({ asInt: 1n }, 10n, { a: "y" }));
  expect(sent).toHaveLength(1);
  clock.advance(121_000);
  await processor.consume(sum({ asInt: 1n }, 10n, { a: "y" }));
  expect(sent).toHaveLength(2);
  await processor.shutdown();
});

test("adds histograms of both kinds; exponential ones meet at the lower scale", async () => {
  const { processor, metrics } = setUp();
  const histograms = (time: bigint, scale: number, positive: object): Payload =>
    metricsOf([
      {
        name: "h",
        histogram: {
          aggregationTemporality: 1,
          dataPoints: [
            { timeUnixNano: time, count: 3n, sum: 4, min: 1, max: 2, explicitBounds: [1.5], bucketCounts: [1n, 2n] },
          ],
        },
      },
      {
        name: "e",
        exponentialHistogram: {
          aggregationTemporality: 1,
          dataPoints: [{ timeUnixNano: time, count: 3n, sum: 4, scale, zeroCount: 1n, positive }],
        },
      },
    ]);
  await processor.consume(histograms(1n, 1, { offset: -1, bucketCounts: [1n, 1n, 1n] }));
  await processor.consume(histograms(2n, 0, { offset: 0, bucketCounts: [2n] }));
  const [classic, exponential] = metrics();
  expect(classic?.histogram?.dataPoints[0]).toMatchObject({
    count: 6n,
    sum: 8,
    min: 1,
    max: 2,
    bucketCounts: [2n, 4n],
  });
  expect(exponential?.exponentialHistogram?.dataPoints[0]).toMatchObject({
    count: 6n,
    scale: 0,
    zeroCount: 2n,
    positive: { offset: -1, bucketCounts: [1n, 4n] },
  });
});

test("whatever is added up has as many in its buckets as all its parts", async () => {
  const part = fc.record({
    scale: fc.integer({ min: -3, max: 8 }),
    offset: fc.integer({ min: -400, max: 400 }),
    counts: fc.array(fc.bigInt({ min: 0n, max: 9n }), { minLength: 1, maxLength: 200 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
      const { processor, metrics } = setUp();
      let expected = 0n;
      for (const [i, { scale, offset, counts }] of parts.entries()) {
        expected += counts.reduce((total, one) => total + one, 0n);
        const point = { timeUnixNano: BigInt(i + 1), scale, positive: { offset, bucketCounts: counts } };
        await processor.consume(
          metricsOf([{ name: "e", exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point] } }]),
        );
      }
      const buckets = metrics()[0]!.exponentialHistogram!.dataPoints[0]!.positive!.bucketCounts;
      expect(buckets.reduce((total, one) => total + one, 0n)).toBe(expected);
      expect(parts.length === 1 || buckets.length <= 160).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("passes what is no delta as it is", async () => {
  const { processor, sent } = setUp();
  const gauge = metricsOf([{ name: "g", gauge: { dataPoints: [{ asInt: 1n }] } }]);
  await processor.consume(gauge);
  expect(sent).toEqual([gauge]);
});
