/**
 * How metrics that come over OTLP look to Prometheus: what `otlp:` in its configuration says.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
import type { PrometheusLabelOptions, PrometheusNameOptions } from "../prometheus-name.ts";
import type { TranslationStrategy } from "./translation-strategy.ts";

export interface OtlpSettings {
  readonly translationStrategy: TranslationStrategy;
  /** Keys of resource attributes that are labels of every series. */
  readonly promoteResourceAttributes: readonly string[];
  /** Whether all are, but for the ignored. */
  readonly promoteAllResourceAttributes: boolean;
  readonly ignoreResourceAttributes: readonly string[];
  /** Whether `target_info` also has the attributes that `job` and `instance` are made of. */
  readonly keepIdentifyingResourceAttributes: boolean;
  /** Whether a histogram with explicit bounds is one sample instead of classic series. */
  readonly convertHistogramsToNhcb: boolean;
  /** Whether the scope's name, version, schema URL and attributes are labels. */
  readonly promoteScopeMetadata: boolean;
  readonly labelNameUnderscoreSanitization: boolean;
  readonly labelNamePreserveMultipleUnderscores: boolean;
}

export const DEFAULT_OTLP_SETTINGS: OtlpSettings = {
  translationStrategy: "UnderscoreEscapingWithSuffixes",
  promoteResourceAttributes: [],
  promoteAllResourceAttributes: false,
  ignoreResourceAttributes: [],
  keepIdentifyingResourceAttributes: false,
  convertHistogramsToNhcb: false,
  promoteScopeMetadata: false,
  labelNameUnderscoreSanitization: true,
  labelNamePreserveMultipleUnderscores: true,
};

export function nameOptions(strategy: TranslationStrategy): Required<Pick<PrometheusNameOptions, "suffixes" | "utf8">> {
  return {
    suffixes: strategy.endsWith("WithSuffixes"),
    utf8: strategy === "NoUTF8EscapingWithSuffixes" || strategy === "NoTranslation",
  };
}

export function labelOptions(settings: OtlpSettings): Required<PrometheusLabelOptions> {
  return {
    underscoreSanitization: settings.labelNameUnderscoreSanitization,
    preserveMultipleUnderscores: settings.labelNamePreserveMultipleUnderscores,
    utf8: nameOptions(settings.translationStrategy).utf8,
  };
}
