import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  AggregationType,
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  DataPointType,
  InstrumentType,
  type MetricData,
  SimpleFixedSizeExemplarReservoir,
  type ViewOptions,
} from "../index.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { SAMPLED, setUp } from "./collected-metrics.test-kit.ts";

afterEach(unregisterAll);

/** The names of the metrics that come of four instruments. */
async function namesWith(...views: ViewOptions[]): Promise<string[]> {
  const { provider, collect } = setUp({ views });
  const meter = provider.getMeter("http", "1", { schemaUrl: "https://s/1" });
  meter.createCounter("http.requests", { unit: "1" }).add(1);
  meter.createHistogram("http.duration", { unit: "s" }).record(1);
  provider.getMeter("db", "2").createCounter("db.calls").add(1);
  return (await collect()).map(({ descriptor }) => descriptor.name);
}

const DROP = { type: AggregationType.DROP };

function named(metrics: readonly MetricData[]): [string, unknown][] {
  return metrics.map(({ descriptor, dataPoints }) => [
    descriptor.name,
    dataPoints.map(({ attributes, value }) => [attributes, value]),
  ]);
}

describe("compliance: Metrics", () => {
  test("There is a way to register `View`s with a `MeterProvider`.", async () => {
    expect(await namesWith({ instrumentName: "db.calls", name: "queries" })).toContain("queries");
  });

  test("The `View` instrument selection criteria is as specified.", async () => {
    expect(await namesWith({ instrumentName: "http.requests", aggregation: DROP })).toEqual([
      "http.duration",
      "db.calls",
    ]);
    expect(await namesWith({ instrumentType: InstrumentType.HISTOGRAM, aggregation: DROP })).toEqual([
      "http.requests",
      "db.calls",
    ]);
    expect(await namesWith({ instrumentUnit: "s", aggregation: DROP })).toEqual(["http.requests", "db.calls"]);
    expect(await namesWith({ meterName: "http", aggregation: DROP })).toEqual(["db.calls"]);
    expect(await namesWith({ meterVersion: "2", aggregation: DROP })).toEqual(["http.requests", "http.duration"]);
    expect(await namesWith({ meterSchemaUrl: "https://s/1", aggregation: DROP })).toEqual(["db.calls"]);
    const additive = { meterName: "http", instrumentUnit: "s", instrumentName: "http.requests", aggregation: DROP };
    expect(await namesWith(additive)).toHaveLength(3);
  });

  test("The `View` instrument selection criteria supports wildcards.", async () => {
    expect(await namesWith({ instrumentName: "http.*", aggregation: DROP })).toEqual(["db.calls"]);
    expect(await namesWith({ instrumentName: "db?call?", aggregation: DROP })).toEqual([
      "http.requests",
      "http.duration",
    ]);
    expect(await namesWith({ instrumentName: "db?calls?", aggregation: DROP })).toHaveLength(3);
    expect(await namesWith({ instrumentName: "(db.calls|http.*)", aggregation: DROP })).toHaveLength(3);
  });

  test("The `View` instrument selection criteria supports the match-all wildcard.", async () => {
    expect(await namesWith({ instrumentName: "*", aggregation: DROP })).toEqual([]);
  });

  test("The `View` allows configuring the name, description, attributes keys and aggregation of the resulting metric stream.", async () => {
    const view = {
      instrumentName: "h",
      name: "not a valid instrument name",
      description: "of requests",
      attributesProcessors: [createAllowListAttributesProcessor(["route"])],
      aggregation: { type: AggregationType.SUM },
    };
    const { meter, collect } = setUp({ views: [view] });
    const histogram = meter.createHistogram("h", { description: "other", unit: "s" });
    histogram.record(1, { route: "/", user: 1 });
    histogram.record(2, { user: 2, route: "/" });
    const [metric] = await collect();
    expect(metric).toMatchObject({ dataPointType: DataPointType.SUM, isMonotonic: true });
    const { name, description } = view;
    expect(metric?.descriptor).toMatchObject({ name, description, unit: "s" });
    expect(named([metric as MetricData])[0]?.[1]).toEqual([[{ route: "/" }, 3]]);
  });

  test("The `View` allows configuring excluded attribute keys of resulting metric stream.", async () => {
    const attributesProcessors = [createDenyListAttributesProcessor(["user"])];
    const { meter, points } = setUp({ views: [{ instrumentName: "*", attributesProcessors }] });
    meter.createCounter("c").add(1, { user: 1, route: "/" });
    meter.createCounter("c").add(1, { route: "/", user: 2 });
    expect(await points()).toEqual([[{ route: "/" }, 2]]);
  });

  test("The `View` allows configuring the exemplar reservoir of resulting metric stream.", async () => {
    const chosenFor: unknown[] = [];
    const exemplarReservoir: ViewOptions["exemplarReservoir"] = (aggregation) => {
      chosenFor.push(aggregation);
      return new SimpleFixedSizeExemplarReservoir(2);
    };
    const { meter, collect } = setUp({ views: [{ instrumentName: "c", exemplarReservoir }] });
    const counter = meter.createCounter("c");
    for (const value of [1, 2]) counter.add(value, {}, SAMPLED);
    const [metric] = await collect();
    expect(metric?.dataPoints[0]?.exemplars.map(({ value }) => value)).toEqual([1, 2]);
    expect(chosenFor).toEqual([{ type: AggregationType.DEFAULT }]);
  });

  test("The SDK allows more than one `View` to be specified per instrument.", async () => {
    const diagnostics = collectDiagnostics();
    const { meter, collect } = setUp({
      views: [
        {
          instrumentName: "c",
          name: "by_route",
          attributesProcessors: [createAllowListAttributesProcessor(["route"])],
        },
        { instrumentName: "c", name: "all", attributesProcessors: [createAllowListAttributesProcessor([])] },
        { instrumentName: "c", name: "all" },
      ],
    });
    meter.createCounter("c").add(1, { route: "/", user: 1 });
    expect(named(await collect())).toEqual([
      ["by_route", [[{ route: "/" }, 1]]],
      ["all", [[{}, 1]]],
      ["all", [[{ route: "/", user: 1 }, 1]]],
    ]);
    expect(diagnostics.lines).toEqual([
      "warn there are two metrics all, both are exported: they differ in nothing; give one of the views another name",
    ]);
  });

  test("The `MeterProvider` supports configuring `view_matching_mode` to enable composable View matching.", async () => {
    const keep = (...keys: string[]) => ({ attributesProcessors: [createAllowListAttributesProcessor(keys)] });
    const views = [
      { instrumentName: "*", description: "first", ...keep("route", "user") },
      { instrumentName: "c", name: "one", description: "second" },
      { instrumentName: "c", name: "two", ...keep("user", "other") },
    ];
    const { meter, collect } = setUp({ viewMatchingMode: "composable", views });
    meter.createCounter("c").add(1, { route: "/", user: 1, other: 2 });
    const found = await collect();
    expect(found.map(({ descriptor }) => descriptor.description)).toEqual(["second", "first"]);
    expect(named(found)).toEqual([
      ["one", [[{ route: "/", user: 1 }, 1]]],
      ["two", [[{ user: 1 }, 1]]],
    ]);
    const diagnostics = collectDiagnostics();
    const other = setUp({ viewMatchingMode: "other" as never, views });
    other.meter.createCounter("c").add(1);
    expect(await other.collect()).toHaveLength(3);
    expect(diagnostics.lines[0]).toContain("independent is used");
  });

  test("Documentation notes that View-filtered attributes may still appear on Exemplars.", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    expect(readme).toMatch(/left out by a view may still be exported with exemplars/);
  });
});

test("a view that cannot be applied is ignored with a warning, as is one that matches nothing on purpose", async () => {
  const diagnostics = collectDiagnostics();
  const histogram = { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM };
  const { meter, collect } = setUp({
    views: [
      { name: "nothing" },
      { instrumentName: "g", name: "of_gauge", aggregation: histogram },
      { instrumentName: "h", name: "of_h", aggregation: { ...histogram, options: { boundaries: [2, 1] } } },
      { instrumentName: "h", aggregationCardinalityLimit: 0 },
      { instrumentName: "h", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 1 } } },
    ],
  });
  meter.createObservableGauge("g").addCallback((result) => result.observe(1));
  meter.createHistogram("h").record(1);
  expect((await collect()).map(({ descriptor }) => descriptor.name)).toEqual(["g", "h"]);
  expect(diagnostics.lines).toHaveLength(5);
});

test("an instrument of which views drop everything is not enabled, and its callbacks are not called", async () => {
  const { meter, points } = setUp({ views: [{ instrumentName: "dropped*", aggregation: DROP }] });
  let asked = 0;
  meter.createObservableCounter("dropped.too").addCallback(() => void asked++);
  const enabled = ["dropped", "kept"].map((name) => meter.createCounter(name).enabled());
  expect([enabled, await points(), asked]).toEqual([[false, true], [], 0]);
});

test("a processor of one's own may change attributes, and sees the context", async () => {
  const seen: unknown[] = [];
  const processor = {
    process: (incoming: object, context: unknown) => {
      seen.push(context);
      return { ...incoming, region: "eu" };
    },
  };
  const { meter, points } = setUp({ views: [{ instrumentName: "c", attributesProcessors: [processor] }] });
  meter.createCounter("c").add(1, { a: 1 }, SAMPLED);
  expect([await points(), seen]).toEqual([[[{ a: 1, region: "eu" }, 1]], [SAMPLED]]);
});
