/** The settings of how OTLP becomes Prometheus, which both exporters to Prometheus have. */
import { boolean, field, list, oneOf, section, string, type Fields } from "../schema/schema.ts";
import type { Place } from "../schema/place.ts";
import type { Logger } from "../telemetry/logger.ts";
import { TRANSLATION_STRATEGIES, type TranslationStrategy } from "@clew/otlp/prometheus";

export interface TranslationConfig {
  readonly namespace: string;
  readonly add_metric_suffixes: boolean;
  readonly translation_strategy: TranslationStrategy | "";
  readonly resource_to_telemetry_conversion: {
    readonly enabled: boolean;
    readonly exclude_service_attributes: boolean;
  };
  readonly resource_constant_labels: {
    readonly included: readonly string[];
    readonly excluded: readonly string[];
  };
}

const conversion = section<TranslationConfig["resource_to_telemetry_conversion"]>({
  enabled: field(boolean, false, "Whether every resource attribute becomes a label."),
  exclude_service_attributes: field(
    boolean,
    false,
    "Whether those that `job` and `instance` are made of are left out.",
  ),
});

const constantLabels = section<TranslationConfig["resource_constant_labels"]>({
  included: field(
    list(string),
    undefined,
    "Patterns of their keys, such as `k8s.pod.*`; where there are none but of `excluded`, all others are.",
  ),
  excluded: field(list(string), undefined, "Patterns of keys that are left out all the same."),
});

export const translationFields: Fields<TranslationConfig> = {
  namespace: field(string, "", "Stands before every metric's name, joined by `_`."),
  add_metric_suffixes: field(
    boolean,
    true,
    "Whether names get their unit, `_total` and `_ratio`; `translation_strategy` goes before it.",
  ),
  translation_strategy: field(
    oneOf("", ...TRANSLATION_STRATEGIES),
    "",
    "Whether names keep characters that Prometheus did not know before version 3, and whether they get suffixes.",
  ),
  resource_to_telemetry_conversion: field(conversion, undefined, "The older way to say `resource_constant_labels`."),
  resource_constant_labels: field(
    constantLabels,
    undefined,
    "Resource attributes that are labels of every series; all are labels of `target_info`.",
  ),
};

export function checkTranslation(config: TranslationConfig, place: Place): void {
  const { resource_to_telemetry_conversion: old, resource_constant_labels: labels } = config;
  const isOld = old.enabled || old.exclude_service_attributes;
  if (isOld && (labels.included.length > 0 || labels.excluded.length > 0))
    place.problem(
      "cannot configure both resource_to_telemetry_conversion and resource_constant_labels",
      "keep resource_constant_labels",
    );
}

export function strategyOf({
  translation_strategy: strategy,
  add_metric_suffixes: suffixes,
}: TranslationConfig): TranslationStrategy {
  if (strategy !== "") return strategy;
  return suffixes ? "UnderscoreEscapingWithSuffixes" : "UnderscoreEscapingWithoutSuffixes";
}

/** Says what has a better way to be said. */
export function warnOfDeprecated(config: TranslationConfig, logger: Logger): void {
  const {
    resource_to_telemetry_conversion: old,
    add_metric_suffixes: suffixes,
    translation_strategy: strategy,
  } = config;
  if (old.enabled || old.exclude_service_attributes)
    logger.warn("resource_to_telemetry_conversion is deprecated; use resource_constant_labels instead");
  if (!suffixes && strategy === "")
    logger.warn(
      "`add_metric_suffixes` is deprecated. Please use `translation_strategy: UnderscoreEscapingWithoutSuffixes` instead.",
    );
}
