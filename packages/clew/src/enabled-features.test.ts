import { EXPERIMENTAL_FEATURES, STABLE_FEATURES } from "@clew/query";
import { expect, test } from "vitest";
import { enabledFeatures } from "./enabled-features.ts";

test("without any, nothing is on", () => {
  expect(enabledFeatures([])).toEqual({
    names: [],
    promql: STABLE_FEATURES,
    autoReload: false,
    scrapeDefaults: {},
    remarks: [],
  });
});

test.each([
  ["promql-experimental-functions", { experimentalFunctions: true }, "Experimental PromQL functions enabled."],
  [
    "promql-extended-range-selectors",
    { extendedRangeSelectors: true },
    "Experimental PromQL extended range selectors enabled.",
  ],
  [
    "promql-binop-fill-modifiers",
    { binopFillModifiers: true },
    "Experimental PromQL binary operator fill modifiers enabled.",
  ],
  ["promql-delayed-name-removal", { delayedNameRemoval: true }, "Experimental PromQL delayed name removal enabled."],
  ["promql-per-step-stats", { perStepStatistics: true }, "Experimental per-step statistics reporting"],
  [
    "use-start-timestamps",
    { startTimestamps: true },
    "Experimental usage of start timestamps in PromQL engine is enabled.",
  ],
  ["type-and-unit-labels", { typeAndUnitLabels: true }, "Experimental type and unit labels enabled"],
])("%s switches that on alone, with Prometheus's line", (option, changed, text) => {
  const { promql, remarks } = enabledFeatures([option]);
  expect(promql).toEqual({ ...STABLE_FEATURES, ...changed });
  expect(remarks).toEqual([{ option, text, level: "info" }]);
});

test("several names in one flag and in several add up", () => {
  const { promql, names } = enabledFeatures([
    "promql-experimental-functions,promql-extended-range-selectors",
    "promql-binop-fill-modifiers,promql-delayed-name-removal,use-start-timestamps",
  ]);
  expect(promql).toEqual(EXPERIMENTAL_FEATURES);
  expect(names).toHaveLength(5);
});

test.each([
  ["promql-duration-expr", "This option for --enable-feature is now permanently enabled and therefore a no-op."],
  ["ooo-native-histograms", "This option for --enable-feature is now permanently enabled and therefore a no-op."],
  ["native-histograms", "This option for --enable-feature is a no-op. To scrape native histograms, set the"],
  ["auto-reload-config", "This option for --enable-feature is deprecated. Use --config.auto-reload instead."],
  ["extra-scrape-metrics", "This option for --enable-feature is being phased out."],
  ["old-ui", "This option for --enable-feature has no effect here: there is one UI"],
  ["promql-at-modifier", "Unknown option for --enable-feature"],
  [" old-ui", "Unknown option for --enable-feature"],
])("%s is warned of", (option, text) => {
  const { remarks } = enabledFeatures([option]);
  expect(remarks).toEqual([{ option, level: "warn", text: expect.stringContaining(text) as string }]);
});

test("some are defaults of what is scraped", () => {
  const { scrapeDefaults } = enabledFeatures(["extra-scrape-metrics,st-storage"]);
  expect(scrapeDefaults).toMatchObject({ extra_scrape_metrics: true });
  expect(scrapeDefaults["scrape_protocols"]).toHaveProperty("0", "PrometheusProto");
});

test("deltas can't be taken in two ways at once", () => {
  const both = ["otlp-deltatocumulative,otlp-native-delta-ingestion"];
  expect(() => enabledFeatures(both)).toThrow(
    "cannot enable otlp-deltatocumulative and otlp-native-delta-ingestion features at the same time",
  );
});
