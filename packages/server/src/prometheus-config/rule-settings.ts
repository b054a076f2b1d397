/** What Prometheus's configuration file says of rules and of who hears of alerts. */
import { dirname, resolve } from "node:path";
import { ClewError, messageOf } from "@clew/base";
import { readAlerting, withPathsFrom, type AlertingConfig } from "@clew/collector";
import { parsePrometheusDuration } from "@clew/query";
import { invalid, type Section, textsOf } from "./section.ts";

export interface RuleSettings {
  /** Paths and patterns, from the file's own directory on. */
  readonly files: readonly string[];
  /** Of groups that name none; undefined where the file does not say. */
  readonly evaluationIntervalMs: number | undefined;
  /** Who is told of alerts. */
  readonly alerting: AlertingConfig;
}

/** Throws `PROMETHEUS_CONFIG_INVALID` with the setting. */
export function ruleSettings(file: string, root: Section, global: Section): RuleSettings {
  return {
    files: textsOf(root["rule_files"], "rule_files").map((path) => resolve(dirname(file), path)),
    evaluationIntervalMs: intervalOf(global["evaluation_interval"]),
    alerting: alertingOf(withPathsFrom(dirname(resolve(file)), root["alerting"])),
  };
}

function alertingOf(section: unknown): AlertingConfig {
  try {
    return readAlerting(section);
  } catch (error) {
    throw error instanceof ClewError ? invalid(error.path ?? "alerting", error.what, error.remedy) : error;
  }
}

function intervalOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const path = "global::evaluation_interval";
  if (typeof value !== "string") throw invalid(path, `expected a duration, got ${JSON.stringify(value)}`);
  try {
    return parsePrometheusDuration(value);
  } catch (error) {
    throw invalid(path, messageOf(error));
  }
}
