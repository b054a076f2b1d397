import * as fc from "fast-check";
import { ROOT_CONTEXT, trace, ValueType } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { AggregationTemporality, AggregationType, type AggregationOption, MeterProvider } from "../index.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { type Decoded, decode } from "../otlp-schema.test-kit.ts";
import { EncodedBatch } from "../otlp/encoded-batch.ts";
import { MetricEncoder, type ScopedMetric } from "./encode-metrics.ts";
import { MetricReader } from "./metric-reader.ts";

/** Collects twice over the same provider state: as bytes straight from the series, and as objects that are encoded then. */
class BothWays extends MetricReader {
  async bytes(): Promise<Uint8Array> {
    const batch = new EncodedBatch<ScopedMetric>(new MetricEncoder().encode);
    await this.collectInto(batch, {});
    return batch.toRequest().slice();
  }

  async bytesOfObjects(): Promise<Uint8Array> {
    const { resourceMetrics } = await this.collect();
    const { resource, scopeMetrics } = resourceMetrics;
    const batch = new EncodedBatch<ScopedMetric>(new MetricEncoder().encode);
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) batch.add({ resource, instrumentationScope: scope, metric });
    }
    return batch.toRequest().slice();
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function setUp(aggregation: AggregationOption, temporality: AggregationTemporality) {
  const clock = new ManualClock();
  const readers = [0, 1].map(() => new BothWays({ aggregationTemporalitySelector: () => temporality }));
  const views = [{ instrumentName: "*", aggregation }];
  const provider = new MeterProvider({ readers, clock, views, random: () => 0, env: {} });
  const [left, right] = readers as [BothWays, BothWays];
  return { clock, left, right, meter: provider.getMeter("m") };
}

function metricsOf(body: Uint8Array): Decoded[] {
  return decode("MetricsRequest", body).resource_metrics[0].scope_metrics[0].metrics;
}

const SAMPLED = trace.setSpanContext(ROOT_CONTEXT, { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 });

test("series are written as the objects made of them would be", async () => {
  const aggregations = [
    { type: AggregationType.SUM },
    { type: AggregationType.LAST_VALUE },
    { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [-1, 0, 10], recordMinMax: false } },
    { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM },
    { type: AggregationType.EXPONENTIAL_HISTOGRAM },
  ];
  const measurement = fc.tuple(
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()), { maxKeys: 3 }),
    fc.boolean(),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...aggregations),
      fc.constantFrom(AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE),
      fc.constantFrom(ValueType.INT, ValueType.DOUBLE),
      fc.array(fc.array(measurement, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      async (aggregation, temporality, valueType, rounds) => {
        const { clock, left, right, meter } = setUp(aggregation, temporality);
        const instruments = [meter.createUpDownCounter("u", { valueType }), meter.createCounter("c", { valueType })];
        for (const round of rounds) {
          for (const [value, attributes, isSampled] of round) {
            for (const [i, instrument] of instruments.entries()) {
              instrument.add(i === 0 ? value : Math.abs(value), attributes, isSampled ? SAMPLED : ROOT_CONTEXT);
            }
          }
          await clock.advance(500);
          expect(Buffer.compare(await left.bytes(), await right.bytesOfObjects())).toBe(0);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("an exponential histogram has all its fields", async () => {
  const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 4 } };
  const { left, meter } = setUp(aggregation, AggregationTemporality.DELTA);
  for (const value of [-8, -1, 0, 1, 2]) meter.createGauge("g").record(value, { a: "b" }, SAMPLED);
  for (const value of [0, 1, 16]) meter.createHistogram("h").record(value);
  const [gauge, histogram] = metricsOf(await left.bytes());
  expect(gauge.exponential_histogram.aggregation_temporality).toBe(1);
  expect(gauge.exponential_histogram.data_points[0]).toMatchObject({
    count: "5",
    zero_count: "1",
    positive: { offset: -1, bucket_counts: ["1", "1"] },
    negative: { offset: -1, bucket_counts: ["1", "0", "0", "1"] },
    min: -8,
    max: 2,
    exemplars: expect.arrayContaining([expect.objectContaining({ as_double: 2, span_id: "2".repeat(16) })]),
  });
  expect(gauge.exponential_histogram.data_points[0].sum).toBeUndefined();
  expect(histogram.exponential_histogram.data_points[0]).toMatchObject({ count: "3", sum: 17, scale: -1 });
});

test("integers of all sizes are written as they are, and counts beyond 32 bits", async () => {
  const { left, meter } = setUp({ type: AggregationType.LAST_VALUE }, AggregationTemporality.CUMULATIVE);
  const values = [
    0,
    -1,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    -(2 ** 32) - 5,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ];
  const gauge = meter.createGauge("g", { valueType: ValueType.INT });
  for (const [i, value] of values.entries()) gauge.record(value, { i });
  const [metric] = metricsOf(await left.bytes());
  expect(metric.gauge.data_points.map(({ as_int }: Decoded) => Number(as_int))).toEqual(values);
});
