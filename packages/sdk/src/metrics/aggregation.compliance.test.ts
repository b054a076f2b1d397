import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AggregationOption,
  AggregationType,
  DataPointType,
  type ExponentialHistogram,
  type Meter,
  type MetricData,
} from "../index.ts";
import { DeltaExporter, setUp } from "./collected-metrics.test-kit.ts";

async function aggregated(aggregation: AggregationOption, use: (meter: Meter) => void): Promise<MetricData[]> {
  const { meter, collect } = setUp({ views: [{ instrumentName: "*", aggregation }] });
  use(meter);
  return collect();
}

async function exponential(values: readonly number[], options = {}): Promise<ExponentialHistogram> {
  const [metric] = await aggregated({ type: AggregationType.EXPONENTIAL_HISTOGRAM, options }, (meter) => {
    const gauge = meter.createGauge("g");
    for (const value of values) gauge.record(value);
  });
  return metric?.dataPoints[0]?.value as ExponentialHistogram;
}

/** How many of `values` are in each bucket, by the definition: above base^index, up to and with base^(index+1). */
function expectedCount(values: readonly number[], scale: number, index: number): number {
  const base = 2 ** (2 ** -scale);
  return values.filter((value) => value > base ** index && value <= base ** (index + 1)).length;
}

describe("compliance: Metrics", () => {
  test("The `Drop` aggregation is available.", async () => {
    expect(await aggregated({ type: AggregationType.DROP }, (meter) => meter.createCounter("c").add(1))).toEqual([]);
  });

  test("The `Default` aggregation is available.", async () => {
    const metrics = await aggregated({ type: AggregationType.DEFAULT }, (meter) => meter.createCounter("c").add(1));
    expect(metrics).toMatchObject([{ dataPointType: DataPointType.SUM, dataPoints: [{ value: 1 }] }]);
  });

  test("The `Default` aggregation uses the specified aggregation by instrument.", async () => {
    const metrics = await aggregated({ type: AggregationType.DEFAULT }, (meter) => {
      meter.createCounter("a").add(1);
      meter.createUpDownCounter("b").add(1);
      meter.createGauge("c").record(1);
      meter.createHistogram("d", { advice: { explicitBucketBoundaries: [1] } }).record(1);
      const observe = (result: { observe(value: number): void }): void => result.observe(1);
      meter.createObservableCounter("e").addCallback(observe);
      meter.createObservableUpDownCounter("f").addCallback(observe);
      meter.createObservableGauge("g").addCallback(observe);
    });
    const { SUM, GAUGE, HISTOGRAM } = DataPointType;
    const types = metrics.map(({ dataPointType }) => dataPointType);
    expect(types).toEqual([SUM, SUM, GAUGE, HISTOGRAM, SUM, SUM, GAUGE]);
    expect(metrics[3]?.dataPoints[0]?.value).toMatchObject({ buckets: { boundaries: [1], counts: [1, 0] } });
  });

  test("The `Sum` aggregation is available.", async () => {
    const metrics = await aggregated({ type: AggregationType.SUM }, (meter) => {
      meter.createHistogram("h").record(2);
      meter.createGauge("g").record(-1);
    });
    const { SUM: dataPointType } = DataPointType;
    expect(metrics).toMatchObject([
      { dataPointType, isMonotonic: true, dataPoints: [{ value: 2 }] },
      { dataPointType, isMonotonic: false, dataPoints: [{ value: -1 }] },
    ]);
  });

  test("The `LastValue` aggregation is available.", async () => {
    const metrics = await aggregated({ type: AggregationType.LAST_VALUE }, (meter) => {
      for (const value of [5, 3]) meter.createUpDownCounter("u").add(value);
    });
    expect(metrics).toMatchObject([{ dataPointType: DataPointType.GAUGE, dataPoints: [{ value: 3 }] }]);
  });

  test("The `ExplicitBucketHistogram` aggregation is available.", async () => {
    const options = { boundaries: [0, 10], recordMinMax: false };
    const aggregation = { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options };
    const metrics = await aggregated(aggregation, (meter) => {
      for (const value of [0, 10, 11]) meter.createCounter("c").add(value);
      for (const value of [-1, 5]) meter.createUpDownCounter("u").add(value);
    });
    expect(metrics.map(({ dataPoints }) => dataPoints[0]?.value)).toEqual([
      { buckets: { boundaries: [0, 10], counts: [1, 1, 1] }, count: 3, sum: 21 },
      // The sum of an instrument that takes negative values would say little.
      { buckets: { boundaries: [0, 10], counts: [1, 1, 0] }, count: 2 },
    ]);
  });

  test("The `ExponentialBucketHistogram` aggregation is available.", async () => {
    const [metric] = await aggregated({ type: AggregationType.EXPONENTIAL_HISTOGRAM }, (meter) => {
      for (const value of [0, 1, 2, 4]) meter.createHistogram("h").record(value);
    });
    expect(metric?.dataPointType).toBe(DataPointType.EXPONENTIAL_HISTOGRAM);
    const value = metric?.dataPoints[0]?.value as ExponentialHistogram;
    expect(value).toMatchObject({ count: 4, sum: 7, zeroCount: 1, scale: 6, min: 0, max: 4, negative: { offset: 0 } });
    // At scale 6 a bucket spans 2^(1/64): 1, 2 and 4 are the upper ends of the buckets -1, 63 and 127.
    expect(value.positive.offset).toBe(-1);
    const filled = value.positive.bucketCounts.flatMap((count, i) => (count > 0 ? [i - 1] : []));
    expect(filled).toEqual([-1, 63, 127]);
  });
});

test("an exponential histogram has the finest scale at which its buckets are enough, with every value in its bucket", async () => {
  const magnitude = fc.tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -40, max: 40 }));
  const values = fc.array(
    magnitude.map(([fraction, exponent]) => fraction * 2 ** exponent),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(values, fc.integer({ min: 2, max: 160 }), async (measured, maxSize) => {
      const { scale, positive, count } = await exponential(measured, { maxSize });
      expect(count).toBe(measured.length);
      expect(positive.bucketCounts.length).toBeLessThanOrEqual(maxSize);
      expect(positive.bucketCounts.reduce((total, one) => total + one, 0)).toBe(measured.length);
      const [low, high] = [Math.min(...measured), Math.max(...measured)].map((value) => Math.log2(value));
      const spread = (at: number): number =>
        Math.ceil((high as number) * 2 ** at) - Math.ceil((low as number) * 2 ** at);
      // A boundary that a value is close to may fall on either side of it.
      expect(scale === 20 || spread(scale + 1) + 2 > maxSize).toBe(true);
      expect(spread(scale) - 1).toBeLessThanOrEqual(maxSize);
    }),
    { numRuns: 60 },
  );
});

test("the buckets of an exponential histogram hold what lies between their boundaries, on both sides of zero", async () => {
  const values = [-300, -7.5, -0.3, 0, 0.11, 0.3, 0.7, 1.9, 3.3, 47, 48, 1_234.5];
  const { scale, positive, negative, zeroCount } = await exponential(values, { maxSize: 20 });
  const above = values.filter((value) => value > 0);
  const below = values.filter((value) => value < 0).map((value) => -value);
  expect(zeroCount).toBe(1);
  for (const [i, count] of positive.bucketCounts.entries()) {
    expect(count).toBe(expectedCount(above, scale, positive.offset + i));
  }
  for (const [i, count] of negative.bucketCounts.entries()) {
    expect(count).toBe(expectedCount(below, scale, negative.offset + i));
  }
});

test("an exponential histogram takes every finite value", async () => {
  const values = [Number.MIN_VALUE, 2 ** -1022, 1, Number.MAX_VALUE, -Number.MAX_VALUE, -Number.MIN_VALUE];
  const { count, scale, positive, negative, min, max } = await exponential(values, { maxSize: 2 });
  expect({ count, scale, min, max }).toEqual({
    count: 6,
    scale: -10,
    min: -Number.MAX_VALUE,
    max: Number.MAX_VALUE,
  });
  expect([positive.bucketCounts, negative.bucketCounts]).toEqual([
    [3, 1],
    [1, 1],
  ]);
});

test("one value has the largest scale, and so has the first after a collection with delta temporality", async () => {
  const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxScale: 7 } };
  const { meter, points } = setUp({
    exporter: new DeltaExporter(),
    views: [{ instrumentName: "h", aggregation }],
  });
  const histogram = meter.createHistogram("h");
  for (const value of [1e-9, 1e9]) histogram.record(value);
  expect((await points())[0]?.[1]).toMatchObject({ scale: 1, count: 2 });
  histogram.record(3);
  expect((await points())[0]?.[1]).toMatchObject({ scale: 7, count: 1, min: 3, positive: { bucketCounts: [1] } });
});
