import { MeterProvider } from "../../metrics/meter-provider.ts";
import type { IMetricReader, MetricProducer, MetricReaderOptions } from "../../metrics/metric-reader.ts";
import {
  type CardinalityLimits,
  PeriodicExportingMetricReader,
} from "../../metrics/periodic-exporting-metric-reader.ts";
import { type Plan, readComponent, type ReadComponent, requiredComponent } from "./component.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import { readConfigurator, readScopeConfig } from "./read-configurator.ts";
import { readMetricExporter } from "./read-metric-exporter.ts";
import { readTimeout } from "./read-otlp-exporter.ts";
import { readPrometheus } from "./read-prometheus.ts";
import type { FileContext } from "./read-tracer-provider.ts";
import { readView } from "./read-view.ts";
import type { Section } from "./section.ts";

// The types of instruments as the file spells them --> the names of the options
const LIMIT_NAMES: Readonly<Record<string, keyof CardinalityLimits>> = {
  default: "default",
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  up_down_counter: "upDownCounter",
  observable_counter: "observableCounter",
  observable_gauge: "observableGauge",
  observable_up_down_counter: "observableUpDownCounter",
};

export function readMeterProvider(section: Section, { registry, resource }: FileContext): Plan<MeterProvider> {
  const readers = (section.sections("readers") ?? section.missing("readers") ?? []).map((one) =>
    readReader(one, registry),
  );
  const views = (section.sections("views") ?? []).map((one) => one.read(readView));
  const exemplarFilter = section.choice("exemplar_filter", ["always_on", "always_off", "trace_based"]) ?? "trace_based";
  const meterConfigurator = section
    .section("meter_configurator/development")
    ?.read((one) => readConfigurator(one, "meters", readScopeConfig));
  return () =>
    new MeterProvider({
      resource: resource(),
      readers: readers.map((plan) => plan()),
      views,
      exemplarFilter,
      env: {},
      ...(meterConfigurator !== undefined && { meterConfigurator }),
    });
}

function readReader(section: Section, registry: ComponentProviderRegistry): Plan<IMetricReader> {
  const builtIn: Readonly<Record<string, ReadComponent<IMetricReader>>> = {
    periodic: (one) => readPeriodic(one, registry),
    pull: (one) => readPull(one, registry),
  };
  return readComponent(section, "pull_metric_exporter", builtIn, registry);
}

function readPull(section: Section, registry: ComponentProviderRegistry): Plan<IMetricReader> {
  const limits = section.section("cardinality_limits")?.read(readCardinalityLimits) ?? {};
  const producers = readProducers(section, registry);
  const options = (): MetricReaderOptions => ({
    cardinalitySelector: (type) => limits[LIMIT_NAMES[type.toLowerCase()] ?? "default"] ?? limits.default,
    metricProducers: producers.map((plan) => plan()),
  });
  const builtIn: Readonly<Record<string, ReadComponent<IMetricReader>>> = {
    "prometheus/development": (one) => readPrometheus(one, options),
  };
  return requiredComponent(section, "exporter", (one) => readComponent(one, "pull_metric_exporter", builtIn, registry));
}

function readPeriodic(section: Section, registry: ComponentProviderRegistry): Plan<IMetricReader> {
  const exportIntervalMillis = section.integer("interval", { least: 1 });
  const exportTimeoutMillis = readTimeout(section, "timeout");
  const maxExportBatchSize = section.integer("max_export_batch_size/development", { least: 1 });
  const cardinalityLimits = section.section("cardinality_limits")?.read(readCardinalityLimits);
  const exporter = requiredComponent(section, "exporter", (one) => readMetricExporter(one, registry));
  const producers = readProducers(section, registry);
  return () =>
    new PeriodicExportingMetricReader({
      exporter: exporter(),
      metricProducers: producers.map((plan) => plan()),
      env: {},
      ...(exportIntervalMillis !== undefined && { exportIntervalMillis }),
      ...(exportTimeoutMillis !== undefined && { exportTimeoutMillis }),
      ...(maxExportBatchSize !== undefined && { maxExportBatchSize }),
      ...(cardinalityLimits !== undefined && { cardinalityLimits }),
    });
}

function readProducers(section: Section, registry: ComponentProviderRegistry): Plan<MetricProducer>[] {
  return (section.sections("producers") ?? []).map((one) => readComponent(one, "metric_producer", {}, registry));
}

function readCardinalityLimits(section: Section): CardinalityLimits {
  const limits = Object.entries(LIMIT_NAMES).flatMap(([name, key]) => {
    const limit = section.integer(name, { least: 1 });
    return limit === undefined ? [] : [[key, limit] as const];
  });
  return Object.fromEntries(limits);
}
