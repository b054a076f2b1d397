import type { Attributes } from "@opentelemetry/api";
import { prometheusLabelName } from "@clew/otlp";
import type { TranslationStrategy } from "@clew/otlp/prometheus";
import type { Label } from "./metric-family.ts";

/** Specification, "Metric Attributes": those whose names become the same share a label, in the order of their keys. */
export function labelsOf(attributes: Attributes, strategy: TranslationStrategy, prefix = ""): Label[] {
  const labels = new Map<string, string>();
  for (const key of Object.keys(attributes).sort()) {
    const text = labelText(attributes[key]);
    const name = labelName(`${prefix}${key}`, strategy);
    if (text === undefined || name === "") continue;
    const before = labels.get(name);
    labels.set(name, before === undefined ? text : `${before};${text}`);
  }
  return [...labels];
}

/** The labels of all lists; the first list that has a name wins. */
export function joinedLabels(...lists: readonly (readonly Label[])[]): Label[] {
  const joined = new Map<string, string>();
  for (const [name, value] of lists.flat()) if (!joined.has(name)) joined.set(name, value);
  return [...joined];
}

function labelName(key: string, strategy: TranslationStrategy): string {
  const utf8 = strategy === "NoUTF8EscapingWithSuffixes" || strategy === "NoTranslation";
  return prometheusLabelName(key, { utf8, underscoreSanitization: false, preserveMultipleUnderscores: false });
}

/** Text as it is, the rest as JSON. */
function labelText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
}
