/** Sections of Prometheus's configuration file, and what is wrong with them. */
import { ClewError } from "@clew/base";

export type Section = Readonly<Record<string, unknown>>;

/** Empty where it is not there. */
export function sectionOf(value: unknown, path: string): Section {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Section;
  throw invalid(path, `expected a mapping, got ${JSON.stringify(value)}`);
}

export function textsOf(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw invalid(path, `expected a list of texts, got ${JSON.stringify(value)}`);
}

export function invalid(path: string, what: string, remedy = "correct the Prometheus configuration"): ClewError {
  return new ClewError("PROMETHEUS_CONFIG_INVALID", what, { ...(path === "" ? {} : { path }), remedy });
}
