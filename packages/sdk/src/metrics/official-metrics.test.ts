/** The same measurements in the official SDK and in ours must give the same metrics. */
import * as official from "@opentelemetry/sdk-metrics";
import type { Attributes, Meter } from "@opentelemetry/api";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { AggregationTemporality, AggregationType, MeterProvider, MetricReader } from "../index.ts";

class OfficialReader extends official.MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

class Reader extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

interface Metrics {
  readonly resourceMetrics: {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly descriptor: { readonly name: string };
        readonly dataPointType: number;
        readonly dataPoints: readonly { readonly attributes: Attributes; readonly value: unknown }[];
      }[];
    }[];
  };
}

/** What both must agree on, in one order. */
function comparable({ resourceMetrics }: Metrics): unknown[] {
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.map(({ descriptor, dataPointType, dataPoints }) => ({
      name: descriptor.name,
      dataPointType,
      points: dataPoints
        .map(({ attributes, value }) => [JSON.stringify([attributes["a"], attributes["b"]]), plain(value)])
        .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)),
    })),
  );
}

/** Empty buckets have no place, and a sum that is not kept is left out in different ways. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { positive, negative, ...rest } = value as { positive?: Buckets; negative?: Buckets };
  const given = Object.fromEntries(Object.entries(rest).filter(([, part]) => part !== undefined));
  return { ...given, ...(positive && { positive: filled(positive) }), ...(negative && { negative: filled(negative) }) };
}

interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

function filled({ offset, bucketCounts }: Buckets): [number, number][] {
  return bucketCounts.flatMap((count, i): [number, number][] => (count > 0 ? [[offset + i, count]] : []));
}

const measurement = fc.record({
  instrument: fc.constantFrom("counter", "upDownCounter", "histogram", "gauge"),
  // So few digits that sums are exact, in whatever order they are added.
  value: fc
    .integer({ min: -(2 ** 40), max: 2 ** 40 })
    .map((value) => value / 2 ** 20)
    .filter(isWithoutTrouble),
  attributes: fc.constantFrom<Attributes>({}, { a: 1 }, { a: "1" }, { a: 1, b: true }, { b: true, a: 1 }),
});

/**
 * Where the official exponential histogram is right: closer to a power of two it may miss the bucket, and of zeros
 * alone its scale is 0.
 */
function isWithoutTrouble(value: number): boolean {
  const exponent = Math.log2(Math.abs(value));
  if (value === 0) return false;
  return Number.isInteger(exponent) || Math.abs(exponent - Math.round(exponent)) > 1e-4;
}

function measure(
  meter: Meter,
  { instrument, value, attributes }: ReturnType<typeof measurement.generate>["value"],
): void {
  if (instrument === "counter") meter.createCounter("counter").add(Math.abs(value), attributes);
  else if (instrument === "upDownCounter") meter.createUpDownCounter("upDownCounter").add(value, attributes);
  else if (instrument === "histogram") meter.createHistogram("histogram").record(Math.abs(value), attributes);
  else meter.createGauge("gauge").record(value, attributes);
}

const AGGREGATIONS = [
  { type: AggregationType.DEFAULT },
  { type: AggregationType.SUM },
  { type: AggregationType.LAST_VALUE },
  { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [-1, 0, 2.5, 100], recordMinMax: false } },
  { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 4, recordMinMax: true } },
  { type: AggregationType.EXPONENTIAL_HISTOGRAM },
];

test.each([
  ["cumulative", AggregationTemporality.CUMULATIVE],
  ["delta", AggregationTemporality.DELTA],
])("metrics are those of the official SDK, with %s temporality", async (_, temporality) => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...AGGREGATIONS),
      fc.array(fc.array(measurement, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 }),
      async (aggregation, rounds) => {
        const views = [{ instrumentName: "*", aggregation }];
        const theirs = new OfficialReader({ aggregationTemporalitySelector: () => temporality });
        const ours = new Reader({ aggregationTemporalitySelector: () => temporality });
        const meters = [
          new official.MeterProvider({ readers: [theirs], views: views as official.ViewOptions[] }).getMeter("m"),
          new MeterProvider({ readers: [ours], views, env: {} }).getMeter("m"),
        ];
        const isMerged =
          aggregation.type === AggregationType.EXPONENTIAL_HISTOGRAM &&
          temporality === AggregationTemporality.CUMULATIVE;
        // When the official SDK adds up collections, an empty side of an exponential histogram costs it resolution.
        for (const round of isMerged ? rounds.slice(0, 1) : rounds) {
          for (const meter of meters) for (const one of round) measure(meter, one);
          expect(comparable(await ours.collect())).toEqual(comparable(await theirs.collect()));
        }
      },
    ),
    { numRuns: 150 },
  );
});
