import { type Attributes, type Context, context, type HrTime, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { afterEach, describe, expect, test } from "vitest";
import {
  AggregationType,
  AlignedHistogramBucketExemplarReservoir,
  AsyncLocalStorageContextManager,
  createAllowListAttributesProcessor,
  type Exemplar,
  type ExemplarReservoir,
  type MeterProviderConfig,
  SimpleFixedSizeExemplarReservoir,
  TracerProvider,
} from "../index.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { SAMPLED, setUp, UNSAMPLED } from "./collected-metrics.test-kit.ts";

afterEach(unregisterAll);

const IDS = { traceId: "1".repeat(32), spanId: "2".repeat(16) };
const NOW: HrTime = [1_767_323_045, 0];

/** The values that are kept of those measured in a sampled span, in another and in none. */
async function keptWith(config: MeterProviderConfig): Promise<unknown[]> {
  const { meter, collect } = setUp(config);
  const histogram = meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1, 2, 3] } });
  histogram.record(1, {}, SAMPLED);
  histogram.record(2, {}, UNSAMPLED);
  histogram.record(3, {}, ROOT_CONTEXT);
  return (await collect())[0]?.dataPoints[0]?.exemplars.map(({ value }) => value) ?? [];
}

class EveryMeasurement implements ExemplarReservoir {
  readonly offers: unknown[] = [];

  offer(value: number, timestamp: HrTime, attributes: Attributes, measuredIn: Context): void {
    this.offers.push({ value, timestamp, attributes: { ...attributes }, measuredIn });
  }

  collect(): Exemplar[] {
    return this.offers.map((_, i) => ({ value: i, timestamp: NOW, filteredAttributes: {} }));
  }
}

describe("compliance: Metrics", () => {
  test("The metrics SDK samples `Exemplar`s from measurements.", async () => {
    expect(await keptWith({})).toEqual([1]);
  });

  test("Exemplar sampling can be disabled.", async () => {
    expect(await keptWith({ exemplarFilter: "always_off" })).toEqual([]);
  });

  test("The metrics SDK supports SDK-wide exemplar filter configuration", async () => {
    expect(await keptWith({ env: { OTEL_METRICS_EXEMPLAR_FILTER: "always_on" } })).toEqual([1, 2, 3]);
    const env = { OTEL_METRICS_EXEMPLAR_FILTER: "always_on" };
    expect(await keptWith({ exemplarFilter: "trace_based", env })).toEqual([1]);
  });

  test("The metrics SDK supports `TraceBased` exemplar filter", async () => {
    expect(await keptWith({ exemplarFilter: "trace_based" })).toEqual([1]);
  });

  test("The metrics SDK supports `AlwaysOn` exemplar filter", async () => {
    expect(await keptWith({ exemplarFilter: "always_on" })).toEqual([1, 2, 3]);
  });

  test("The metrics SDK supports `AlwaysOff` exemplar filter", async () => {
    expect(await keptWith({ env: { OTEL_METRICS_EXEMPLAR_FILTER: "always_off" } })).toEqual([]);
  });

  test("Exemplars retain any attributes available in the measurement that are not preserved by aggregation or view configuration.", async () => {
    const attributesProcessors = [createAllowListAttributesProcessor(["route"])];
    const { meter, collect } = setUp({
      exemplarFilter: "always_on",
      cardinalityLimit: 1,
      views: [{ instrumentName: "*", attributesProcessors }],
    });
    const counter = meter.createCounter("c");
    counter.add(1, { route: "/", user: 7 });
    counter.add(1, { route: "/overflow", user: 8 });
    meter.createObservableGauge("g").addCallback((result) => result.observe(1, { route: "/", user: 9 }));
    const filtered = (await collect()).flatMap(({ dataPoints }) =>
      dataPoints.flatMap(({ exemplars }) => exemplars.map(({ filteredAttributes }) => filteredAttributes)),
    );
    expect(filtered).toEqual([{ user: 7 }, { route: "/overflow", user: 8 }, { user: 9 }]);
  });

  test("Exemplars contain the associated trace id and span id of the active span in the Context when the measurement was taken.", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const { meter, collect } = setUp();
    const span = new TracerProvider({}).getTracer("t").startSpan("work");
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => meter.createCounter("c").add(1));
    const [exemplar] = (await collect())[0]?.dataPoints[0]?.exemplars ?? [];
    const { traceId, spanId } = span.spanContext();
    expect(exemplar).toMatchObject({ traceId, spanId });
  });

  test("Exemplars contain the timestamp when the measurement was taken.", async () => {
    const { clock, meter, collect } = setUp({ reader: { exportIntervalMillis: 60_000 } });
    await clock.advance(250);
    meter.createCounter("c").add(1, {}, SAMPLED);
    await clock.advance(9_000);
    expect((await collect())[0]?.dataPoints[0]?.exemplars[0]?.timestamp).toEqual([NOW[0], 250_000_000]);
  });

  test("The metrics SDK provides an `ExemplarReservoir` interface or extension point.", async () => {
    const reservoirs: EveryMeasurement[] = [];
    const exemplarReservoir = (): ExemplarReservoir => {
      const reservoir = new EveryMeasurement();
      reservoirs.push(reservoir);
      return reservoir;
    };
    const { meter, collect } = setUp({
      exemplarFilter: "always_on",
      views: [{ instrumentName: "c", exemplarReservoir }],
    });
    for (const series of ["a", "b", "a"]) meter.createCounter("c").add(1, { series });
    expect((await collect())[0]?.dataPoints.map(({ exemplars }) => exemplars.length)).toEqual([2, 1]);
    expect(reservoirs).toHaveLength(2);
  });

  test("An `ExemplarReservoir` has an `offer` method with access to the measurement value, attributes, `Context` and timestamp.", () => {
    const reservoir = new EveryMeasurement();
    const attributesProcessors = [createAllowListAttributesProcessor([])];
    const views = [{ instrumentName: "c", exemplarReservoir: () => reservoir, attributesProcessors }];
    const { meter } = setUp({ views });
    meter.createCounter("c").add(5, { user: 7 }, SAMPLED);
    expect(reservoir.offers).toEqual([{ value: 5, timestamp: NOW, attributes: { user: 7 }, measuredIn: SAMPLED }]);
  });

  test("The metrics SDK provides a `SimpleFixedSizeExemplarReservoir` that is used by default for all aggregations except `ExplicitBucketHistogram`.", async () => {
    const { meter, collect } = setUp({
      random: () => 0.99,
      views: [{ instrumentName: "e", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    });
    for (let i = 0; i < 30; i++) {
      meter.createCounter("c").add(i, {}, SAMPLED);
      meter.createHistogram("e").record(i, {}, SAMPLED);
    }
    const kept = (await collect()).map(({ dataPoints }) => dataPoints[0]?.exemplars.length);
    expect(kept).toEqual([1, 20]);
    const reservoir = new SimpleFixedSizeExemplarReservoir(2, () => 0.5);
    for (const value of [1, 2, 3, 4]) reservoir.offer(value, NOW, { a: value, b: 1 }, SAMPLED);
    // Of three, half chance is the second place; of four it is the third, which there is not.
    expect(reservoir.collect({ b: 1 })).toEqual([
      { value: 1, timestamp: NOW, filteredAttributes: { a: 1 }, ...IDS },
      { value: 3, timestamp: NOW, filteredAttributes: { a: 3 }, ...IDS },
    ]);
    expect(reservoir.collect({})).toEqual([]);
  });

  test("The metrics SDK provides an `AlignedHistogramBucketExemplarReservoir` that is used by default for `ExplicitBucketHistogram` aggregation.", async () => {
    expect(await keptWith({ exemplarFilter: "always_on" })).toEqual([1, 2, 3]);
    const reservoir = new AlignedHistogramBucketExemplarReservoir([10, 20], () => 0.4);
    for (const value of [1, 10, 11, 21]) reservoir.offer(value, NOW, {}, ROOT_CONTEXT);
    reservoir.offer(12, NOW, {}, ROOT_CONTEXT);
    reservoir.offer(13, NOW, {}, ROOT_CONTEXT);
    // 0.4 is within a half, and beyond a third.
    expect(reservoir.collect({}).map(({ value }) => value)).toEqual([10, 12, 21]);
  });
});

test("every measurement has the same chance to be kept", () => {
  const kept = new Map<number, number>();
  for (let round = 0; round < 20_000; round++) {
    const reservoir = new SimpleFixedSizeExemplarReservoir(1);
    for (let value = 0; value < 5; value++) reservoir.offer(value, NOW, {}, ROOT_CONTEXT);
    const [{ value } = { value: -1 }] = reservoir.collect({});
    kept.set(value, (kept.get(value) ?? 0) + 1);
  }
  // 4,000 expected each, with a standard deviation of 57.
  expect(new Set(kept.keys())).toEqual(new Set([0, 1, 2, 3, 4]));
  for (const count of kept.values()) expect(Math.abs(count - 4_000)).toBeLessThan(400);
});
