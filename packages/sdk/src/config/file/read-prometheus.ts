import { includeExcludeExpression } from "../../common/wildcard.ts";
import { PrometheusExporter, type PrometheusExporterConfig } from "../../exporters/prometheus/prometheus-exporter.ts";
import type { TranslationStrategy } from "@clew/otlp/prometheus";
import type { IMetricReader, MetricReaderOptions } from "../../metrics/metric-reader.ts";
import type { Plan } from "./component.ts";
import type { Section } from "./section.ts";

const STRATEGIES: Readonly<Record<string, TranslationStrategy>> = {
  underscore_escaping_with_suffixes: "UnderscoreEscapingWithSuffixes",
  "underscore_escaping_without_suffixes/development": "UnderscoreEscapingWithoutSuffixes",
  "no_utf8_escaping_with_suffixes/development": "NoUTF8EscapingWithSuffixes",
  "no_translation/development": "NoTranslation",
};

/** `prometheus/development`. It listens from when it is made. */
export function readPrometheus(section: Section, options: Plan<MetricReaderOptions>): Plan<IMetricReader> {
  const host = section.text("host");
  const port = section.integer("port", { least: 0, most: 65_535 });
  const strategy = section.choice("translation_strategy", Object.keys(STRATEGIES));
  const translationStrategy = strategy === undefined ? undefined : STRATEGIES[strategy];
  const withResourceConstantLabels = section
    .section("resource_constant_labels")
    ?.read((one) => includeExcludeExpression(one.texts("included"), one.texts("excluded")));
  const config: PrometheusExporterConfig = {
    env: {},
    withoutScopeInfo: section.boolean("scope_info_enabled") === false,
    withoutTargetInfo: section.boolean("target_info_enabled/development") === false,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(translationStrategy !== undefined && { translationStrategy }),
    ...(withResourceConstantLabels !== undefined && { withResourceConstantLabels }),
  };
  return () => new PrometheusExporter({ ...options(), ...config });
}
