import { metrics, type Observable, ValueType } from "@opentelemetry/api";
import { afterEach, describe, expect, test } from "vitest";
import { CollectingMetricExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import { DataPointType, InstrumentType, MeterProvider, type MetricData, resourceFromAttributes } from "../index.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { setUp } from "./collected-metrics.test-kit.ts";

afterEach(unregisterAll);

/** What an observable that says `value` gives. */
async function observed(create: (meter: ReturnType<typeof setUp>["meter"]) => Observable): Promise<unknown[]> {
  const { meter, collect } = setUp();
  create(meter).addCallback((result) => result.observe(-3, { a: 1 }));
  return (await collect()).map(summary);
}

function summary(metric: MetricData): unknown[] {
  const { dataPointType, descriptor, dataPoints } = metric;
  const monotonic = "isMonotonic" in metric ? metric.isMonotonic : undefined;
  return [descriptor.type, dataPointType, monotonic, dataPoints.map(({ value }) => value)];
}

describe("compliance: Metrics", () => {
  test("The API provides a way to set and get a global default `MeterProvider`.", () => {
    const { provider } = setUp();
    expect(metrics.setGlobalMeterProvider(provider)).toBe(true);
    expect(metrics.getMeterProvider()).toBe(provider);
  });

  test("It is possible to create any number of `MeterProvider`s.", async () => {
    const all = [setUp(), setUp(), setUp()];
    for (const [i, { meter }] of all.entries()) meter.createCounter("c").add(i);
    expect(await Promise.all(all.map(({ points }) => points()))).toEqual([[[{}, 0]], [[{}, 1]], [[{}, 2]]]);
  });

  test("`MeterProvider` provides a way to get a `Meter`.", async () => {
    const { provider, points } = setUp();
    provider.getMeter("library").createCounter("c").add(1);
    expect(await points()).toEqual([[{}, 1]]);
  });

  test("`get_meter` accepts name, `version` and `schema_url`.", () => {
    const { scope } = setUp().provider.getMeter("library", "1.2.3", { schemaUrl: "https://s/1" });
    expect(scope).toEqual({ name: "library", version: "1.2.3", schemaUrl: "https://s/1" });
  });

  test("`get_meter` accepts `attributes`.", () => {
    const { provider } = setUp();
    const meter = provider.getMeter("library", undefined, { attributes: { tenant: "a" } });
    expect(meter.scope.attributes).toEqual({ tenant: "a" });
    expect(provider.getMeter("library", undefined, { attributes: { tenant: "b" } })).not.toBe(meter);
    expect(provider.getMeter("library", undefined, { attributes: { tenant: "a" } })).toBe(meter);
  });

  test("When an invalid `name` is specified a working `Meter` implementation is returned as a fallback.", async () => {
    const diagnostics = collectDiagnostics();
    const { provider, points } = setUp();
    provider.getMeter("").createCounter("a").add(1);
    provider
      .getMeter(undefined as never)
      .createCounter("b")
      .add(2);
    expect(await points()).toEqual([
      [{}, 1],
      [{}, 2],
    ]);
    expect(diagnostics.lines).toHaveLength(2);
  });

  test("The fallback `Meter` `name` property keeps its original invalid value.", () => {
    expect(setUp().provider.getMeter("").scope.name).toBe("");
  });

  test("Associate `Meter` with `InstrumentationScope`.", async () => {
    const { provider, exporter } = setUp();
    const meter = provider.getMeter("library", "1");
    meter.createCounter("c").add(1);
    await provider.forceFlush();
    expect(exporter.exports[0]?.scopeMetrics[0]?.scope).toBe(meter.scope);
  });

  test("`Counter` instrument is supported.", async () => {
    const { meter, collect } = setUp();
    const counter = meter.createCounter("c");
    counter.add(1);
    counter.add(2.5);
    expect((await collect()).map(summary)).toEqual([[InstrumentType.COUNTER, DataPointType.SUM, true, [3.5]]]);
  });

  test("`AsynchronousCounter` instrument is supported.", async () => {
    expect(await observed((meter) => meter.createObservableCounter("c"))).toEqual([
      [InstrumentType.OBSERVABLE_COUNTER, DataPointType.SUM, true, [-3]],
    ]);
  });

  test("`Histogram` instrument is supported.", async () => {
    const { meter, collect } = setUp();
    meter.createHistogram("h").record(7);
    const [metric] = await collect();
    expect(metric?.dataPointType).toBe(DataPointType.HISTOGRAM);
    expect(metric?.dataPoints[0]?.value).toMatchObject({ count: 1, sum: 7, min: 7, max: 7 });
  });

  test("`AsynchronousGauge` instrument is supported.", async () => {
    expect(await observed((meter) => meter.createObservableGauge("g"))).toEqual([
      [InstrumentType.OBSERVABLE_GAUGE, DataPointType.GAUGE, undefined, [-3]],
    ]);
  });

  test("`Gauge` instrument is supported.", async () => {
    const { meter, collect } = setUp();
    const gauge = meter.createGauge("g");
    gauge.record(5);
    gauge.record(-2);
    expect((await collect()).map(summary)).toEqual([[InstrumentType.GAUGE, DataPointType.GAUGE, undefined, [-2]]]);
  });

  test("`UpDownCounter` instrument is supported.", async () => {
    const { meter, collect } = setUp();
    const counter = meter.createUpDownCounter("u");
    counter.add(2);
    counter.add(-5);
    expect((await collect()).map(summary)).toEqual([[InstrumentType.UP_DOWN_COUNTER, DataPointType.SUM, false, [-3]]]);
  });

  test("`AsynchronousUpDownCounter` instrument is supported.", async () => {
    expect(await observed((meter) => meter.createObservableUpDownCounter("u"))).toEqual([
      [InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, DataPointType.SUM, false, [-3]],
    ]);
  });

  test("Instruments have `name`", () => {
    expect(setUp().meter.createCounter("orders").descriptor.name).toBe("orders");
  });

  test("Instruments have kind.", () => {
    expect(setUp().meter.createGauge("load").descriptor.type).toBe(InstrumentType.GAUGE);
  });

  test("Instruments have an optional unit of measure.", () => {
    const { meter } = setUp();
    const units = [meter.createCounter("a", { unit: "By" }), meter.createCounter("b")].map(
      (one) => one.descriptor.unit,
    );
    expect(units).toEqual(["By", ""]);
  });

  test("Instruments have an optional description.", () => {
    const { meter } = setUp();
    const described = [meter.createCounter("a", { description: "of orders" }), meter.createCounter("b")];
    expect(described.map(({ descriptor }) => descriptor.description)).toEqual(["of orders", ""]);
  });

  test("A valid instrument MUST be created and warning SHOULD be emitted when multiple instruments are registered under the same `Meter` using the same `name`.", async () => {
    const diagnostics = collectDiagnostics();
    const { meter, points } = setUp();
    meter.createCounter("c", { unit: "s" }).add(1);
    meter.createCounter("c", { unit: "ms" }).add(2);
    expect(await points()).toEqual([
      [{}, 1],
      [{}, 2],
    ]);
    expect(diagnostics.lines).toEqual([
      'warn there are two metrics c, both are exported: unit is "s" and "ms"; a view { instrumentName: "c", instrumentUnit: "ms", name: "another" } renames the second',
    ]);
  });

  test("Duplicate instrument registration name conflicts are resolved by using the first-seen for the stream name.", async () => {
    const diagnostics = collectDiagnostics();
    const { meter, collect } = setUp();
    meter.createCounter("requestCount").add(1);
    meter.createCounter("RequestCount").add(2);
    meter.createCounter("REQUESTCOUNT", { unit: "1" }).add(4);
    const found = (await collect()).map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]);
    expect(found).toEqual([
      ["requestCount", 3],
      ["requestCount", 4],
    ]);
    expect(diagnostics.lines[0]).toContain("RequestCount is called requestCount");
  });

  test("It is possible to register two instruments with same `name` under different `Meter`s.", async () => {
    const diagnostics = collectDiagnostics();
    const { provider, points } = setUp();
    provider.getMeter("a").createCounter("c").add(1);
    provider.getMeter("b").createCounter("c").add(2);
    expect(await points()).toEqual([
      [{}, 1],
      [{}, 2],
    ]);
    expect(diagnostics.lines).toEqual([]);
  });

  test("Instrument names conform to the specified syntax.", () => {
    const diagnostics = collectDiagnostics();
    const { meter } = setUp();
    for (const good of ["a", "a.B_c-d/e9", "x".repeat(255)]) meter.createCounter(good);
    expect(diagnostics.lines).toEqual([]);
    for (const bad of ["", "1a", "_a", "a b", "ä", "x".repeat(256)]) meter.createCounter(bad);
    expect(diagnostics.lines).toHaveLength(6);
  });

  test("Instrument units conform to the specified syntax.", () => {
    const { meter } = setUp();
    const unit = `{µ-${"x".repeat(60)}}`;
    expect(meter.createCounter("a", { unit }).descriptor.unit).toBe(unit);
    expect(meter.createCounter("b", { unit: null as never }).descriptor.unit).toBe("");
  });

  test("Instrument descriptions conform to the specified syntax.", () => {
    const { meter } = setUp();
    const description = `Bestellungen, groß und 小さい 🛒 ${"x".repeat(1_023)}`;
    expect(meter.createCounter("a", { description }).descriptor.description).toBe(description);
    expect(meter.createCounter("b", { description: null as never }).descriptor.description).toBe("");
  });

  test("Instrument supports the advisory ExplicitBucketBoundaries parameter.", async () => {
    const diagnostics = collectDiagnostics();
    const { meter, collect } = setUp();
    meter.createHistogram("a", { advice: { explicitBucketBoundaries: [1, 2] } }).record(2);
    meter.createHistogram("b", { advice: { explicitBucketBoundaries: [2, 1] } }).record(2);
    const [advised, byDefault] = (await collect()).map(({ dataPoints }) => dataPoints[0]?.value);
    expect(advised).toMatchObject({ buckets: { boundaries: [1, 2], counts: [0, 1, 0] } });
    expect(byDefault).toMatchObject({ buckets: { boundaries: expect.arrayContaining([7_500]) } });
    expect(diagnostics.lines).toEqual([
      "error b: the advice is ignored, the default is used: the bucket boundaries are not ascending numbers",
    ]);
  });

  test("Instrument supports the advisory Attributes parameter.", async () => {
    const { meter, points } = setUp({ views: [{ instrumentName: "viewed", attributesProcessors: [] }] });
    const advice = { attributes: ["route"] };
    meter.createCounter("advised", { advice }).add(1, { route: "/", user: 7 });
    meter.createCounter("viewed", { advice }).add(2, { route: "/", user: 7 });
    expect(await points()).toEqual([
      [{ route: "/" }, 1],
      [{ route: "/", user: 7 }, 2],
    ]);
  });

  test("Synchronous instruments support Bind to pre-associate attributes.", async () => {
    const { meter, points } = setUp();
    const attributes = { a: 1 };
    const counter = meter.createCounter("c");
    const bound = counter.bind(attributes);
    attributes.a = 2;
    bound.add(1);
    counter.add(2, { a: 1 });
    meter.createUpDownCounter("u").bind({ b: 1 }).add(-1);
    meter.createGauge("g").bind().record(4);
    meter.createHistogram("h").bind({ c: 1 }).record(5);
    const found = await points();
    expect(found.slice(0, 3)).toEqual([
      [{ a: 1 }, 3],
      [{ b: 1 }, -1],
      [{}, 4],
    ]);
    expect(found[3]).toMatchObject([{ c: 1 }, { count: 1, sum: 5 }]);
  });

  test("All methods of `MeterProvider` are safe to be called concurrently.", async () => {
    const { provider, exporter } = setUp();
    provider.getMeter("a").createCounter("c").add(1);
    const calls = [provider.forceFlush(), provider.forceFlush(), provider.shutdown(), provider.shutdown()];
    expect(provider.getMeter("b").createCounter("c").enabled()).toBe(false);
    await Promise.all(calls);
    expect(exporter.shutdownCount).toBe(1);
  });

  test("All methods of `Meter` are safe to be called concurrently.", async () => {
    const { provider, meter, points } = setUp();
    const flushed = provider.forceFlush();
    const made = await Promise.all(
      Array.from({ length: 10 }, () => Promise.resolve().then(() => meter.createCounter("c"))),
    );
    for (const counter of made) counter.add(1);
    await flushed;
    expect(await points()).toEqual([[{}, 10]]);
  });

  test("All methods of any instrument are safe to be called concurrently.", async () => {
    const { provider, meter, points } = setUp();
    const counter = meter.createCounter("c");
    await Promise.all([provider.forceFlush(), ...Array.from({ length: 10 }, async () => counter.add(1))]);
    expect(await points()).toEqual([[{}, 10]]);
  });

  test("`MeterProvider` allows a `Resource` to be specified.", async () => {
    const resource = resourceFromAttributes({ "service.name": "shop" });
    const { meter, provider, exporter } = setUp({ resource });
    meter.createCounter("c").add(1);
    await provider.forceFlush();
    expect(exporter.exports[0]?.resource).toBe(resource);
  });

  test("A specified `Resource` can be associated with all the produced metrics from any `Meter` from the `MeterProvider`.", async () => {
    const resource = resourceFromAttributes({ "service.name": "shop" });
    const { provider, exporter } = setUp({ resource });
    for (const name of ["a", "b"]) provider.getMeter(name).createCounter("c").add(1);
    await provider.forceFlush();
    expect(exporter.exports.map((exported) => [exported.resource, exported.scopeMetrics.length])).toEqual([
      [resource, 2],
    ]);
  });

  test.each(["InstrumentationLibrary", "InstrumentationScope"])(
    "The supplied `name`, `version` and `schema_url` arguments passed to the `MeterProvider` are used to create an `%s` instance stored in the `Meter`.",
    async () => {
      const { provider, exporter } = setUp();
      provider.getMeter("library", "2", { schemaUrl: "https://s/2" }).createCounter("c").add(1);
      await provider.forceFlush();
      const scope = { name: "library", version: "2", schemaUrl: "https://s/2" };
      expect(exporter.exports[0]?.scopeMetrics[0]?.scope).toEqual(scope);
    },
  );

  test("Configuration is managed solely by the `MeterProvider`.", async () => {
    const exporters = [new CollectingMetricExporter(), new CollectingMetricExporter()];
    const [plain, viewed] = [
      setUp({ exporter: exporters[0] as CollectingMetricExporter }),
      setUp({ exporter: exporters[1] as CollectingMetricExporter, views: [{ instrumentName: "c", name: "renamed" }] }),
    ];
    for (const { meter } of [plain, viewed]) meter.createCounter("c").add(1);
    const names = await Promise.all([plain, viewed].map(async ({ collect }) => (await collect())[0]?.descriptor.name));
    expect(names).toEqual(["c", "renamed"]);
  });

  test("The `MeterProvider` provides methods to update the configuration", async () => {
    const { provider, meter, points } = setUp();
    const counter = meter.createCounter("c");
    provider.setMeterConfigurator(({ name }) => ({ enabled: name !== "test" }));
    counter.add(1);
    expect([counter.enabled(), await points()]).toEqual([false, []]);
    provider.setMeterConfigurator(undefined);
    counter.add(2);
    expect([counter.enabled(), await points()]).toEqual([true, [[{}, 2]]]);
  });

  test("The updated configuration applies to all already returned `Meter`s.", async () => {
    const { provider, points } = setUp({ meterConfigurator: () => ({ enabled: false }) });
    const [left, right] = [provider.getMeter("left"), provider.getMeter("right")];
    const counters = [left.createCounter("c"), right.createCounter("c")];
    let asked = 0;
    left.createObservableGauge("g").addCallback((result) => {
      asked++;
      result.observe(9);
    });
    for (const counter of counters) counter.add(1);
    expect([await points(), asked]).toEqual([[], 0]);
    provider.setMeterConfigurator(({ name }) => ({ enabled: name === "left" }));
    for (const counter of counters) counter.add(2);
    expect(await points()).toEqual([
      [{}, 2],
      [{}, 9],
    ]);
  });
});

test("a number type is kept with the instrument", () => {
  const { descriptor } = setUp().meter.createCounter("c", { valueType: ValueType.INT });
  expect(descriptor.valueType).toBe(ValueType.INT);
  expect(new MeterProvider({ env: {} }).getMeter("x").createCounter("c").enabled()).toBe(false);
});
