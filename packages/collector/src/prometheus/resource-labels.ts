import type { KeyValueObject, ResourceObject } from "@clew/otlp";
import { IDENTIFYING } from "./labels.ts";
import type { TranslationConfig } from "./translation-config.ts";

/** Which attributes of a resource are labels of every series. */
export type ResourceLabels = (resource: ResourceObject | undefined) => readonly KeyValueObject[];

export function resourceLabels(config: TranslationConfig): ResourceLabels {
  const { resource_to_telemetry_conversion: all, resource_constant_labels: some } = config;
  if (all.enabled) {
    return chosenBy(all.exclude_service_attributes ? (key) => !IDENTIFYING.has(key) : () => true);
  }
  if (some.included.length === 0 && some.excluded.length === 0) return () => [];
  const isIncluded = some.included.length === 0 ? () => true : matcher(some.included);
  const isExcluded = matcher(some.excluded);
  return chosenBy((key) => isIncluded(key) && !isExcluded(key));
}

function chosenBy(isChosen: (key: string) => boolean): ResourceLabels {
  return (resource) => resource?.attributes.filter(({ key }) => isChosen(key)) ?? [];
}

/** `*` stands for any text, `?` for any character. */
function matcher(patterns: readonly string[]): (key: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const source = pattern
      .replaceAll(/[\\^$.+()[\]{}|]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${source}$`, "su");
  });
  return (key) => expressions.some((expression) => expression.test(key));
}
