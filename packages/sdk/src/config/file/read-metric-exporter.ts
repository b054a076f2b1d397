import { OTLPFileMetricExporter } from "../../exporters/file/otlp-file-exporters.ts";
import type { AggregationOption } from "../../metrics/aggregation-option.ts";
import { ConsoleMetricExporter } from "../../metrics/console-metric-exporter.ts";
import type { InstrumentType } from "../../metrics/instrument-type.ts";
import type { PushMetricExporter } from "../../metrics/metric-exporter.ts";
import {
  HISTOGRAM_AGGREGATIONS,
  type HistogramAggregation,
  preferredAggregation,
  preferredTemporality,
  type TemporalityPreference,
} from "../../otlp/metric-preferences.ts";
import { OTLPMetricExporter } from "../../otlp/otlp-metric-exporter.ts";
import { type Plan, readComponent, type ReadComponent } from "./component.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import { readOtlpFile, readOtlpGrpc, readOtlpHttp } from "./read-otlp-exporter.ts";
import type { Section } from "./section.ts";

interface Preferences {
  readonly temporalityPreference: TemporalityPreference;
  readonly defaultHistogramAggregation: HistogramAggregation;
}

export function readMetricExporter(section: Section, registry: ComponentProviderRegistry): Plan<PushMetricExporter> {
  return readComponent(section, "metric_exporter", BUILT_IN, registry);
}

const BUILT_IN: Readonly<Record<string, ReadComponent<PushMetricExporter>>> = {
  otlp_http: (section) => {
    const config = { ...readOtlpHttp(section), ...readPreferences(section) };
    return () => new OTLPMetricExporter(config);
  },
  otlp_grpc: (section) => {
    const config = { ...readOtlpGrpc(section), ...readPreferences(section) };
    return () => new OTLPMetricExporter(config);
  },
  "otlp_file/development": (section) => {
    const config = { env: {}, ...readOtlpFile(section), ...readPreferences(section) };
    return () => new OTLPFileMetricExporter(config);
  },
  console: (section) => {
    const preferences = readPreferences(section);
    return () => new PreferringConsoleMetricExporter(preferences);
  },
};

function readPreferences(section: Section): Preferences {
  const temporality = section.choice("temporality_preference", ["cumulative", "delta", "low_memory"]) ?? "cumulative";
  const histogram = section.choice("default_histogram_aggregation", HISTOGRAM_AGGREGATIONS);
  return {
    temporalityPreference: temporality === "low_memory" ? "lowmemory" : temporality,
    defaultHistogramAggregation: histogram ?? "explicit_bucket_histogram",
  };
}

/** The official console exporter has no say in histograms; the schema gives it one. */
class PreferringConsoleMetricExporter extends ConsoleMetricExporter {
  readonly #histogram: HistogramAggregation;

  constructor({ temporalityPreference, defaultHistogramAggregation }: Preferences) {
    super({ temporalitySelector: (type) => preferredTemporality(temporalityPreference, type) });
    this.#histogram = defaultHistogramAggregation;
  }

  selectAggregation(type: InstrumentType): AggregationOption {
    return preferredAggregation(this.#histogram, type);
  }
}
