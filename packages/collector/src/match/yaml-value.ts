import type { Value } from "@clew/otlp";

/** What YAML said, as a value: whole numbers are integers. */
export function valueOfYaml(yaml: unknown): Value {
  if (typeof yaml === "number") return Number.isSafeInteger(yaml) ? BigInt(yaml) : yaml;
  if (typeof yaml === "string" || typeof yaml === "boolean" || typeof yaml === "bigint") return yaml;
  if (Array.isArray(yaml)) return yaml.map((one) => valueOfYaml(one));
  if (typeof yaml !== "object" || yaml === null) return null;
  return new Map(Object.entries(yaml).map(([key, one]) => [key, valueOfYaml(one)]));
}
