import { type Attributes, context, ROOT_CONTEXT, ValueType } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { CollectingMetricExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import { AsyncLocalStorageContextManager, MeterProvider, PeriodicExportingMetricReader } from "../index.ts";
import { DeltaExporter, SAMPLED, setUp, UNSAMPLED } from "./collected-metrics.test-kit.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

afterEach(unregisterAll);

test("a counter adds up by attributes, whatever their order, and ignores negative and infinite values", async () => {
  const diagnostics = collectDiagnostics();
  const { meter, points } = setUp();
  const counter = meter.createCounter("requests");
  counter.add(1, { method: "GET", status: 200 });
  counter.add(2, { status: 200, method: "GET" });
  counter.add(4, { method: "GET", status: "200" });
  counter.add(8);
  counter.add(-1);
  counter.add(Number.NaN);
  expect(await points()).toEqual([
    [{ method: "GET", status: 200 }, 3],
    [{ method: "GET", status: "200" }, 4],
    [{}, 8],
  ]);
  expect(diagnostics.lines).toHaveLength(2);
});

test("attributes are copied: changing the object afterwards changes nothing", async () => {
  const { meter, points } = setUp();
  const attributes: Attributes = { tags: ["a"], route: "/" };
  const counter = meter.createCounter("requests");
  counter.add(1, attributes);
  (attributes["tags"] as string[]).push("b");
  attributes["route"] = "/other";
  counter.add(1, { route: "/", tags: ["a"] });
  expect(await points()).toEqual([[{ route: "/", tags: ["a"] }, 2]]);
});

test("an up-down counter goes down, a gauge keeps the last value", async () => {
  const { meter, points } = setUp();
  meter.createUpDownCounter("queue").add(5);
  meter.createUpDownCounter("queue").add(-7);
  const gauge = meter.createGauge("temperature");
  gauge.record(20.5);
  gauge.record(19);
  expect(await points()).toEqual([
    [{}, -2],
    [{}, 19],
  ]);
});

test("a histogram has the default boundaries, upper bounds included, or the advised ones", async () => {
  const { meter, collect } = setUp();
  const byDefault = meter.createHistogram("a");
  for (const value of [0, 5, 5.1, 10_001]) byDefault.record(value);
  meter.createHistogram("b", { advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5);
  const [first, second] = await collect();
  expect(first?.dataPoints[0]?.value).toEqual({
    buckets: {
      boundaries: [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000],
      counts: [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    },
    sum: 10_011.1,
    count: 4,
    min: 0,
    max: 10_001,
  });
  expect(second?.dataPoints[0]?.value).toMatchObject({ buckets: { boundaries: [1, 2], counts: [0, 1, 0] } });
});

test("an instrument of whole numbers cuts fractions off", async () => {
  const { meter, points } = setUp();
  meter.createCounter("items", { valueType: ValueType.INT }).add(2.9);
  expect(await points()).toEqual([[{}, 2]]);
});

test("cumulative points begin where the instrument began; delta points where the last collection ended", async () => {
  for (const [exporter, expected] of [
    [new CollectingMetricExporter(), [3, 5]],
    [new DeltaExporter(), [3, 2]],
  ] as const) {
    const { clock, meter, collect } = setUp({ exporter });
    const counter = meter.createCounter("requests");
    counter.add(3);
    await clock.advance(500);
    const [first] = await collect();
    counter.add(2);
    await clock.advance(400);
    const [second] = await collect();
    const [a, b] = [first?.dataPoints[0], second?.dataPoints[0]];
    expect([a?.value, b?.value]).toEqual(expected);
    const isDelta = exporter instanceof DeltaExporter;
    expect(b?.startTime).toEqual(isDelta ? a?.endTime : a?.startTime);
  }
});

test("a delta counter that was not called is not reported", async () => {
  const { meter, collect } = setUp({ exporter: new DeltaExporter() });
  meter.createCounter("requests").add(1);
  expect(await collect()).toHaveLength(1);
  expect(await collect()).toEqual([]);
});

test("observables report what their callbacks say at each collection, and nothing that they left out", async () => {
  const { meter, points } = setUp();
  let disks = [
    { name: "a", free: 10 },
    { name: "b", free: 20 },
  ];
  meter.createObservableGauge("free").addCallback((result) => {
    for (const { name, free } of disks) result.observe(free, { name });
  });
  expect(await points()).toEqual([
    [{ name: "a" }, 10],
    [{ name: "b" }, 20],
  ]);
  disks = [{ name: "b", free: 15 }];
  expect(await points()).toEqual([[{ name: "b" }, 15]]);
});

test("an observable counter in delta reports the difference from the observation before", async () => {
  const { meter, points } = setUp({ exporter: new DeltaExporter() });
  let total = 10;
  meter.createObservableCounter("cpu").addCallback((result) => result.observe(total));
  expect(await points()).toEqual([[{}, 10]]);
  total = 25;
  expect(await points()).toEqual([[{}, 15]]);
});

test("a batch callback observes its own instruments only, until it is removed", async () => {
  const { meter, points } = setUp();
  const used = meter.createObservableUpDownCounter("used");
  const free = meter.createObservableGauge("free");
  const callback = async (result: { observe(metric: typeof used, value: number): void }): Promise<void> => {
    await Promise.resolve();
    result.observe(used, 1);
    result.observe(free, 2);
  };
  meter.addBatchObservableCallback(callback, [used]);
  expect(await points()).toEqual([[{}, 1]]);
  meter.removeBatchObservableCallback(callback, [used]);
  expect(await points()).toEqual([]);
});

test("a callback that throws, or never comes back, does not stop the others", async () => {
  const diagnostics = collectDiagnostics();
  const { clock, exporter, meter } = setUp();
  meter.createObservableGauge("broken").addCallback(() => {
    throw new Error("no such disk");
  });
  meter.createObservableGauge("hanging").addCallback(() => new Promise(() => {}));
  meter.createCounter("requests").add(1);
  await clock.advance(1_000);
  await clock.advance(1_000);
  expect(exporter.exports[0]?.scopeMetrics[0]?.metrics.map(({ descriptor }) => descriptor.name)).toEqual(["requests"]);
  expect(diagnostics.lines).toContain("error the callback of an observable instrument failed: no such disk");
  expect(diagnostics.lines).toContain(
    "error the callback of an observable instrument failed: took longer than 1000 ms",
  );
});

test("beyond the cardinality limit, in every collection, measurements share an overflow series", async () => {
  const { meter, points } = setUp({ cardinalityLimit: 2 });
  const counter = meter.createCounter("requests");
  for (const user of ["a", "b", "c", "d"]) counter.add(1, { user });
  const expected = [
    [{ user: "a" }, 1],
    [{ user: "b" }, 1],
    [{ "otel.metric.overflow": true }, 2],
  ];
  expect(await points()).toEqual(expected);
  counter.add(1, { user: "e" });
  counter.add(1, { user: "a" });
  expect(await points()).toEqual([
    [{ user: "a" }, 2],
    [{ user: "b" }, 1],
    [{ "otel.metric.overflow": true }, 3],
  ]);
});

test("the limit is 2000 series unless told otherwise", async () => {
  const { meter, points } = setUp();
  const counter = meter.createCounter("requests");
  for (let user = 0; user < 2_500; user++) counter.add(1, { user });
  const collected = await points();
  expect(collected).toHaveLength(2_001);
  expect(collected.at(-1)).toEqual([{ "otel.metric.overflow": true }, 500]);
});

test("an exemplar is kept of what was measured in a sampled span, one for each bucket of a histogram", async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const { meter, collect } = setUp();
  const histogram = meter.createHistogram("duration");
  context.with(SAMPLED, () => histogram.record(3));
  histogram.record(700, {}, SAMPLED);
  histogram.record(800, {}, UNSAMPLED);
  histogram.record(900);
  const ids = { traceId: "1".repeat(32), spanId: "2".repeat(16), filteredAttributes: {} };
  const [collected] = await collect();
  expect(collected?.dataPoints[0]?.exemplars).toMatchObject([
    { value: 3, ...ids },
    { value: 700, ...ids },
  ]);
  expect((await collect())[0]?.dataPoints[0]?.exemplars).toEqual([]);
});

test.each([
  ["always_on", 2],
  ["always_off", 0],
] as const)("the exemplar filter %s keeps %d", async (exemplarFilter, kept) => {
  const { meter, collect } = setUp({ exemplarFilter });
  const histogram = meter.createHistogram("duration");
  histogram.record(3, {}, UNSAMPLED);
  histogram.record(700, {}, ROOT_CONTEXT);
  expect((await collect())[0]?.dataPoints[0]?.exemplars).toHaveLength(kept);
});

test("the same instrument made twice is one; one that conflicts is kept apart, with a warning", async () => {
  const diagnostics = collectDiagnostics();
  const { meter, collect } = setUp();
  meter.createCounter("requests").add(1);
  meter.createCounter("requests").add(1);
  expect(diagnostics.lines).toEqual([]);
  meter.createCounter("requests", { unit: "s" }).add(1);
  expect((await collect()).map(({ dataPoints }) => dataPoints[0]?.value)).toEqual([2, 1]);
  expect(diagnostics.lines).toHaveLength(1);
});

test("an instrument with a bad name measures nothing and says why", async () => {
  const diagnostics = collectDiagnostics();
  const { meter, collect } = setUp();
  meter.createCounter("1st").add(1);
  meter.createObservableGauge("").addCallback((result) => result.observe(1));
  expect(await collect()).toEqual([]);
  expect(diagnostics.lines).toHaveLength(2);
});

test("the reader exports at its interval, one export at a time, and a last time at shutdown", async () => {
  const exporter = new CollectingMetricExporter({ isHeld: true });
  const { clock, meter, provider } = setUp({ exporter });
  const counter = meter.createCounter("requests");
  counter.add(1);
  await clock.advance(999);
  expect(exporter.exports).toHaveLength(0);
  await clock.advance(501);
  expect(exporter.exports).toHaveLength(1);
  counter.add(1);
  const stopped = provider.shutdown();
  expect(exporter.exports).toHaveLength(1);
  exporter.answer();
  await clock.advance(0);
  exporter.answer();
  await stopped;
  const values = exporter.exports.map(({ scopeMetrics }) => scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value);
  expect(values).toEqual([1, 2]);
  expect(exporter.shutdownCount).toBe(1);
});

test("flushes that wait for an export under way share the one after it", async () => {
  const exporter = new CollectingMetricExporter({ isHeld: true });
  const { clock, meter, provider } = setUp({ exporter });
  meter.createCounter("requests").add(1);
  const first = provider.forceFlush();
  await clock.advance(0);
  const others = [provider.forceFlush(), provider.forceFlush()];
  exporter.answer();
  await first;
  await clock.advance(0);
  exporter.answer();
  await Promise.all(others);
  expect(exporter.exports).toHaveLength(2);
});

test("an export without an answer keeps the next from beginning, also one of the same collection", async () => {
  const diagnostics = collectDiagnostics();
  const exporter = new CollectingMetricExporter({ isHeld: true });
  const { clock, meter, provider } = setUp({ exporter, reader: { maxExportBatchSize: 1 } });
  for (const name of ["a", "b"]) meter.createCounter(name).add(1);
  const flushed = provider.forceFlush();
  await clock.advance(1_000);
  await clock.advance(999);
  expect(exporter.exports).toHaveLength(1);
  exporter.answer();
  await clock.advance(0);
  expect(exporter.exports).toHaveLength(2);
  exporter.answer();
  await flushed;
  diagnostics.stop();
  expect(diagnostics.lines).toEqual(["error export of metrics failed: no answer within 1000 ms"]);
});

test("two readers of one provider do not take each other's measurements", async () => {
  const [left, right] = [new DeltaExporter(), new DeltaExporter()];
  const clock = new ManualClock();
  const readers = [left, right].map((exporter) => new PeriodicExportingMetricReader({ exporter, clock, env: {} }));
  const provider = new MeterProvider({ readers, clock, env: {} });
  provider.getMeter("test").createCounter("requests").add(3);
  await readers[0]?.forceFlush();
  await readers[1]?.forceFlush();
  for (const { exports } of [left, right]) {
    expect(exports[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value).toBe(3);
  }
});
