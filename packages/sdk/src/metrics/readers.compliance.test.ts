import { afterEach, describe, expect, test } from "vitest";
import { CollectingMetricExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  AggregationTemporality,
  AggregationType,
  AttributesFilterResult,
  type CollectionResult,
  DataPointType,
  ExportResultCode,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  type MetricCollectOptions,
  type MetricFilter,
  MetricFilterResult,
  type MetricProducer,
  PeriodicExportingMetricReader,
  resourceFromAttributes,
} from "../index.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { DeltaExporter, setUp } from "./collected-metrics.test-kit.ts";

afterEach(unregisterAll);

class FilteredProducer implements MetricProducer {
  readonly asked: (MetricCollectOptions | undefined)[] = [];

  collect(options?: MetricCollectOptions): Promise<CollectionResult> {
    this.asked.push(options);
    const scope = { name: "bridge" };
    const descriptor = {
      name: "bridged",
      description: "",
      unit: "",
      type: InstrumentType.GAUGE,
      valueType: 1,
      advice: {},
    };
    const time: [number, number] = [1, 0];
    const point = { startTime: time, endTime: time, attributes: {}, value: 7, exemplars: [] };
    const metric = {
      descriptor,
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.GAUGE,
      dataPoints: [point],
    };
    const isDropped = options?.metricFilter?.testMetric(scope, "bridged", DataPointType.GAUGE, "") === 1;
    const scopeMetrics = isDropped ? [] : [{ scope, metrics: [metric] }];
    return Promise.resolve({
      resourceMetrics: { resource: resourceFromAttributes({ other: true }), scopeMetrics },
      errors: [],
    });
  }
}

const FILTER: MetricFilter = {
  testMetric: (_, name) =>
    name.startsWith("dropped")
      ? MetricFilterResult.DROP
      : name === "partial"
        ? MetricFilterResult.ACCEPT_PARTIAL
        : MetricFilterResult.ACCEPT,
  testAttributes: (_scope, _name, _kind, _unit, attributes) =>
    attributes["keep"] === true ? AttributesFilterResult.ACCEPT : AttributesFilterResult.DROP,
};

describe("compliance: Metrics", () => {
  test("The metrics Reader implementation supports registering metric Exporters", async () => {
    const { meter, exporter, provider } = setUp();
    meter.createCounter("c").add(1);
    await provider.forceFlush();
    expect(exporter.exports).toHaveLength(1);
  });

  test("The metrics Reader implementation supports configuring the default aggregation on the basis of instrument kind.", async () => {
    class SummingExporter extends CollectingMetricExporter {
      selectAggregation(type: InstrumentType) {
        return { type: type === InstrumentType.HISTOGRAM ? AggregationType.SUM : AggregationType.DEFAULT };
      }
    }
    const { meter, points } = setUp({ exporter: new SummingExporter() });
    meter.createHistogram("h").record(2);
    meter.createGauge("g").record(3);
    expect(await points()).toEqual([
      [{}, 2],
      [{}, 3],
    ]);
  });

  test("The metrics Reader implementation supports configuring the default temporality on the basis of instrument kind.", async () => {
    const { DELTA, CUMULATIVE } = AggregationTemporality;
    const temporality = (type: InstrumentType): AggregationTemporality =>
      type === InstrumentType.COUNTER ? DELTA : CUMULATIVE;
    const exporter = new InMemoryMetricExporter(temporality);
    const reader = new PeriodicExportingMetricReader({ exporter, clock: new ManualClock(), env: {} });
    const meter = new MeterProvider({ readers: [reader], env: {} }).getMeter("m");
    for (let i = 0; i < 2; i++) {
      meter.createCounter("c").add(1);
      meter.createUpDownCounter("u").add(1);
      await reader.forceFlush();
    }
    const values = exporter
      .getMetrics()
      .map(({ scopeMetrics }) => scopeMetrics[0]?.metrics.map(({ dataPoints }) => dataPoints[0]?.value));
    expect(values).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  test("The metrics Exporter has access to the aggregated metrics data (aggregated points, not raw measurements).", async () => {
    const { meter, exporter, provider } = setUp();
    for (const value of [1, 2, 3]) meter.createCounter("c").add(value);
    await provider.forceFlush();
    expect(exporter.exports[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints).toMatchObject([{ value: 6 }]);
  });

  test("The metrics Exporter `export` function can not be called concurrently from the same Exporter instance.", async () => {
    const exporter = new CollectingMetricExporter({ isHeld: true });
    const { clock, meter, provider } = setUp({ exporter });
    meter.createCounter("c").add(1);
    const flushes = [provider.forceFlush()];
    await clock.advance(0);
    flushes.push(provider.forceFlush());
    await clock.advance(900);
    expect(exporter.exports).toHaveLength(1);
    exporter.answer();
    await clock.advance(0);
    expect(exporter.exports).toHaveLength(2);
    exporter.answer();
    await Promise.all(flushes);
  });

  test("The metrics Exporter `export` function does not block indefinitely.", async () => {
    const diagnostics = collectDiagnostics();
    const exporter = new CollectingMetricExporter({ isHeld: true });
    const { clock, meter, provider } = setUp({ exporter });
    meter.createCounter("c").add(1);
    const flushed = provider.forceFlush();
    await clock.advance(1_000);
    await flushed;
    expect(diagnostics.lines).toEqual(["error export of metrics failed: no answer within 1000 ms"]);
  });

  test("The metrics Exporter `export` function receives a batch of metrics.", async () => {
    const { provider, exporter } = setUp();
    for (const name of ["a", "b"]) {
      for (const metric of ["x", "y"]) provider.getMeter(name).createCounter(metric).add(1);
    }
    await provider.forceFlush();
    const batch = exporter.exports[0]?.scopeMetrics.map(({ scope, metrics }) => [scope.name, metrics.length]);
    expect(batch).toEqual([
      ["a", 2],
      ["b", 2],
    ]);
  });

  test("The metrics Exporter `export` function returns `Success` or `Failure`.", async () => {
    const exporter = new InMemoryMetricExporter();
    const metrics = { resource: resourceFromAttributes({}), scopeMetrics: [] };
    const codes: number[] = [];
    exporter.export(metrics, ({ code }) => codes.push(code));
    await exporter.shutdown();
    exporter.export(metrics, ({ code }) => codes.push(code));
    expect(codes).toEqual([ExportResultCode.SUCCESS, ExportResultCode.FAILED]);
  });

  test("The metrics Exporter provides a `ForceFlush` function.", async () => {
    let flushed = 0;
    class CountingExporter extends CollectingMetricExporter {
      override forceFlush(): Promise<void> {
        flushed++;
        return Promise.resolve();
      }
    }
    await setUp({ exporter: new CountingExporter() }).provider.forceFlush();
    expect(flushed).toBe(1);
  });

  test("The metrics Exporter `ForceFlush` can inform the caller whether it succeeded, failed or timed out.", async () => {
    const diagnostics = collectDiagnostics();
    class FailingExporter extends CollectingMetricExporter {
      override forceFlush(): Promise<void> {
        return Promise.reject(new Error("the disk is full"));
      }
    }
    const { reader, provider } = setUp({ exporter: new FailingExporter() });
    await expect(reader.forceFlush()).rejects.toThrow("the disk is full");
    await provider.forceFlush();
    expect(diagnostics.lines).toEqual(["error a metric reader failed at forceFlush: the disk is full"]);
    const held = setUp({ exporter: new CollectingMetricExporter({ isHeld: true }) });
    held.meter.createCounter("c").add(1);
    await expect(held.reader.forceFlush({ timeoutMillis: 1 })).rejects.toThrow("longer than 1 ms");
  });

  test("The metrics Exporter provides a `shutdown` function.", async () => {
    const { provider, exporter } = setUp();
    await provider.shutdown();
    await provider.shutdown();
    expect(exporter.shutdownCount).toBe(1);
  });

  test("The metrics Exporter `shutdown` function do not block indefinitely.", async () => {
    const diagnostics = collectDiagnostics();
    class HangingExporter extends CollectingMetricExporter {
      override shutdown(): Promise<void> {
        return new Promise(() => {});
      }
    }
    await setUp({ exporter: new HangingExporter() }).provider.shutdown({ timeoutMillis: 1 });
    expect(diagnostics.lines).toEqual([
      "error a metric reader failed at shutdown: shutdown of a metric reader took longer than 1 ms",
    ]);
  });

  test("A metric Producer accepts an optional metric Filter", async () => {
    const producer = new FilteredProducer();
    const [all, none] = await Promise.all([
      producer.collect(),
      producer.collect({ metricFilter: { ...FILTER, testMetric: () => MetricFilterResult.DROP } }),
    ]);
    expect([all, none].map(({ resourceMetrics }) => resourceMetrics.scopeMetrics.length)).toEqual([1, 0]);
  });

  test("The metric Reader implementation supports registering metric Filter and passing them  its registered metric Producers", async () => {
    const producer = new FilteredProducer();
    const { collect } = setUp({ reader: { metricFilter: FILTER, metricProducers: [producer] } });
    expect((await collect()).map(({ descriptor }) => descriptor.name)).toEqual(["bridged"]);
    expect(producer.asked[0]?.metricFilter).toBe(FILTER);
  });

  test("The metric SDK's metric Producer implementations uses the metric Filter", async () => {
    const { meter, points } = setUp({ reader: { metricFilter: FILTER } });
    let asked = 0;
    meter.createObservableGauge("dropped.gauge").addCallback(() => void asked++);
    meter.createCounter("dropped").add(1);
    meter.createCounter("kept").add(2);
    meter.createCounter("partial").add(3, { keep: true });
    meter.createCounter("partial").add(4, { keep: false });
    expect([await points(), asked]).toEqual([
      [
        [{}, 2],
        [{ keep: true }, 3],
      ],
      0,
    ]);
  });

  test("Metric SDK implements [cardinality limit](./specification/metrics/sdk.md#cardinality-limits)", async () => {
    const { meter, points } = setUp({ cardinalityLimit: 2 });
    for (let round = 0; round < 5; round++) {
      for (let user = 0; user < 10; user++) meter.createCounter("c").add(1, { user: round * 10 + user });
      meter.createObservableCounter("o").addCallback((result) => {
        for (let user = 0; user < 10; user++) result.observe(1, { user });
      });
    }
    expect(await points()).toEqual([
      [{ user: 0 }, 1],
      [{ user: 1 }, 1],
      [{ "otel.metric.overflow": true }, 48],
      [{ user: 0 }, 1],
      [{ user: 1 }, 1],
      [{ "otel.metric.overflow": true }, 40],
    ]);
  });

  test("Metric SDK supports configuring cardinality limit at MeterReader level", async () => {
    const { meter, points } = setUp({ reader: { cardinalityLimits: { counter: 1, default: 2 } } });
    for (const user of [1, 2, 3]) {
      meter.createCounter("c").add(1, { user });
      meter.createUpDownCounter("u").add(1, { user });
    }
    expect((await points()).map(([, value]) => value)).toEqual([1, 2, 1, 1, 1]);
  });

  test("Metric SDK supports configuring cardinality limit per metric (using Views)", async () => {
    const { meter, points } = setUp({ views: [{ instrumentName: "c", aggregationCardinalityLimit: 1 }] });
    for (const user of [1, 2, 3]) {
      meter.createCounter("c").add(1, { user });
      meter.createCounter("d").add(1, { user });
    }
    expect((await points()).map(([, value]) => value)).toEqual([1, 2, 1, 1, 1]);
  });

  test("Metric SDK supports per-timeseries cumulative start timestamps", async () => {
    const { clock, meter, collect } = setUp({ reader: { exportIntervalMillis: 60_000 } });
    const counter = meter.createCounter("c");
    const observed = [1];
    meter.createObservableCounter("o").addCallback((result) => {
      for (const series of observed) result.observe(1, { series });
    });
    const secondsOfStarts = async (): Promise<unknown[]> =>
      (await collect()).map(({ dataPoints }) => dataPoints.map(({ startTime }) => startTime[0] % 60));
    await clock.advance(1_000);
    counter.add(1, { series: 1 });
    expect(await secondsOfStarts()).toEqual([[6], [5]]);
    await clock.advance(1_000);
    counter.add(1, { series: 2 });
    observed.push(2);
    await clock.advance(1_000);
    // A series that was not observed before may have begun any time since the collection before.
    expect(await secondsOfStarts()).toEqual([
      [6, 7],
      [5, 6],
    ]);
  });

  test("The metric SDK's periodic Reader implementation supports the `maxExportBatchSize` parameter", async () => {
    const { provider, exporter } = setUp({ reader: { maxExportBatchSize: 3 } });
    for (const scope of ["a", "b"]) {
      for (const series of [1, 2, 3, 4]) provider.getMeter(scope).createCounter("c").add(1, { scope, series });
    }
    await provider.forceFlush();
    const batches = exporter.exports.map(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ scope, metrics }) =>
        metrics.map(({ dataPoints }) => [scope.name, dataPoints.map(({ attributes }) => attributes["series"])]),
      ),
    );
    expect(batches).toEqual([
      [["a", [1, 2, 3]]],
      [
        ["a", [4]],
        ["b", [1, 2]],
      ],
      [["b", [3, 4]]],
    ]);
  });
});

test("with delta temporality, a limit counts the series of one interval", async () => {
  const { meter, points } = setUp({ exporter: new DeltaExporter(), cardinalityLimit: 2 });
  const counter = meter.createCounter("c");
  for (let round = 0; round < 4; round++) {
    for (const user of ["a", "b"]) counter.add(1, { user: `${user}${round}` });
    expect((await points()).map(([attributes]) => attributes)).toEqual([{ user: `a${round}` }, { user: `b${round}` }]);
  }
  for (const user of ["a3", "c", "a0", "d"]) counter.add(1, { user });
  expect(await points()).toEqual([
    [{ user: "a3" }, 1],
    [{ user: "c" }, 1],
    [{ "otel.metric.overflow": true }, 2],
  ]);
});

test("a bound instrument keeps its series, and reports what was measured only", async () => {
  const { meter, points } = setUp({ exporter: new DeltaExporter(), cardinalityLimit: 1 });
  const counter = meter.createCounter("c");
  const bound = counter.bind({ user: "a" });
  const overflowing = counter.bind({ user: "b" });
  expect(await points()).toEqual([]);
  overflowing.add(5);
  expect(await points()).toEqual([[{ "otel.metric.overflow": true }, 5]]);
  bound.add(1);
  overflowing.add(2);
  expect(await points()).toEqual([
    [{ user: "a" }, 1],
    [{ "otel.metric.overflow": true }, 2],
  ]);
});

test("a callback that has not come back is not called again, and what it observes later counts nowhere", async () => {
  const diagnostics = collectDiagnostics();
  const { clock, meter, provider, points } = setUp();
  const answers: (() => void)[] = [];
  let calls = 0;
  meter.createObservableGauge("g").addCallback(async (result) => {
    calls++;
    if (calls === 1) await new Promise<void>((resolve) => answers.push(resolve));
    result.observe(calls);
  });
  const first = provider.forceFlush();
  await clock.advance(1_000);
  await first;
  await provider.forceFlush();
  expect(calls).toBe(1);
  expect(diagnostics.lines.map((line) => line.replace(/^.* failed: /, ""))).toContain(
    "it has not come back since it was called for an earlier collection",
  );
  answers[0]?.();
  await clock.advance(0);
  expect([await points(), calls]).toEqual([[[{}, 2]], 2]);
});

test("collections of one reader run one after the other, and after shutdown there are none", async () => {
  const { clock, meter, reader, provider } = setUp();
  let running = 0;
  let most = 0;
  meter.createObservableGauge("g").addCallback(async (result) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    result.observe(1);
  });
  const results = await Promise.all([reader.collect(), reader.collect()]);
  expect(results.map(({ resourceMetrics }) => resourceMetrics.scopeMetrics.length)).toEqual([1, 1]);
  expect(most).toBe(1);
  await provider.shutdown();
  await clock.advance(10_000);
  expect((await reader.collect()).errors).toEqual([new Error("the metric reader is shut down")]);
});

test("a series that comes and goes is forgotten with delta temporality, whatever its order of attributes", async () => {
  const { meter, points } = setUp({ exporter: new DeltaExporter() });
  const counter = meter.createCounter("c");
  for (let round = 0; round < 5; round++) {
    counter.add(1, { a: 1, b: 2 });
    counter.add(1, { b: 2, a: 1 });
    expect(await points()).toEqual([[{ a: 1, b: 2 }, 2]]);
    expect(await points()).toEqual([]);
  }
});

test("an observable whose values are no numbers observes nothing, and says so", async () => {
  const diagnostics = collectDiagnostics();
  const { meter, points } = setUp();
  meter.createObservableGauge("g").addCallback((result) => {
    for (const value of [Number.NaN, Infinity, "1" as never, 4]) result.observe(value);
  });
  expect(await points()).toEqual([[{}, 4]]);
  expect(diagnostics.lines).toHaveLength(3);
});

test("readers, views and filters that throw are reported, and the application goes on", async () => {
  const diagnostics = collectDiagnostics();
  const fail = (): never => {
    throw new Error("broken");
  };
  class BrokenReader extends PeriodicExportingMetricReader {
    override selectAggregationTemporality(): AggregationTemporality {
      return fail();
    }
  }
  const broken = new MeterProvider({
    readers: [new BrokenReader({ exporter: new DeltaExporter(), env: {} })],
    env: {},
  });
  broken.getMeter("m").createCounter("c").add(1);
  const refusing = { setMetricProducer: fail, selectAggregationTemporality: fail, forceFlush: fail, shutdown: fail };
  await new MeterProvider({ readers: [refusing], meterConfigurator: fail, env: {} }).shutdown();
  const { meter, points } = setUp({
    meterConfigurator: fail,
    reader: { metricFilter: { testMetric: fail, testAttributes: fail } },
    views: [{ instrumentName: "processed", attributesProcessors: [{ process: fail }] }],
  });
  meter.createCounter("processed").add(1);
  meter.createCounter("c").add(1);
  expect(await points()).toEqual([[{}, 1]]);
  expect(diagnostics.lines.every((line) => line.startsWith("error ") && line.endsWith("broken"))).toBe(true);
  expect(diagnostics.lines).toHaveLength(7);
  await broken.shutdown();
});

test("a reader that never collects holds no more series than the limit, whatever comes", async () => {
  const { meter, provider, points } = setUp({ exporter: new DeltaExporter(), cardinalityLimit: 10 });
  const counter = meter.createCounter("c");
  for (let user = 0; user < 20_000; user++) counter.add(1, { user });
  const found = await points();
  expect(found).toHaveLength(11);
  expect(found.reduce((total, [, value]) => total + Number(value), 0)).toBe(20_000);
  await provider.shutdown();
});
