/** What Prometheus's configuration file says of rules and of who hears of alerts. */
import { dirname, resolve } from "node:path";
import { messageOf } from "@clew/base";
import { parsePrometheusDuration } from "@clew/query";
import { invalid, listOf, type Section, sectionOf, textsOf } from "./section.ts";

export interface RuleSettings {
  /** Paths and patterns, from the file's own directory on. */
  readonly files: readonly string[];
  /** Of groups that name none; undefined where the file does not say. */
  readonly evaluationIntervalMs: number | undefined;
  /** Alertmanagers that are named by their addresses. */
  readonly alertmanagerUrls: readonly string[];
  /** Settings that are there and of no effect. */
  readonly unread: readonly string[];
}

const OF_ALERTMANAGERS = new Set(["scheme", "path_prefix", "static_configs", "api_version"]);

/** Throws `PROMETHEUS_CONFIG_INVALID` with the setting. */
export function ruleSettings(file: string, root: Section, global: Section): RuleSettings {
  const alerting = sectionOf(root["alerting"], "alerting");
  const alertmanagers = listOf(alerting["alertmanagers"], "alerting::alertmanagers").map((one, i) => {
    const path = `alerting::alertmanagers[${i}]`;
    return { path, section: sectionOf(one, path) };
  });
  return {
    files: textsOf(root["rule_files"], "rule_files").map((path) => resolve(dirname(file), path)),
    evaluationIntervalMs: intervalOf(global["evaluation_interval"]),
    alertmanagerUrls: alertmanagers.flatMap(({ path, section }) => urlsOf(section, path)),
    unread: [
      ...Object.keys(alerting)
        .filter((key) => key !== "alertmanagers")
        .map((key) => `alerting::${key}`),
      ...alertmanagers.flatMap(({ path, section }) =>
        Object.keys(section)
          .filter((key) => !OF_ALERTMANAGERS.has(key))
          .map((key) => `${path}::${key}`),
      ),
    ],
  };
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

function urlsOf(section: Section, path: string): string[] {
  const { scheme = "http", path_prefix: prefix = "", api_version: version = "v2" } = section;
  if (scheme !== "http" && scheme !== "https")
    throw invalid(`${path}::scheme`, `expected http or https, got ${JSON.stringify(scheme)}`);
  if (version !== "v2") throw invalid(`${path}::api_version`, `expected v2, got ${JSON.stringify(version)}`);
  if (typeof prefix !== "string")
    throw invalid(`${path}::path_prefix`, `expected a text, got ${JSON.stringify(prefix)}`);
  const before = prefix.replaceAll(/^\/+|\/+$/g, "");
  return listOf(section["static_configs"], `${path}::static_configs`).flatMap((one, i) => {
    const place = `${path}::static_configs[${i}]`;
    const targets = textsOf(sectionOf(one, place)["targets"], `${place}::targets`);
    return targets.map((target) => `${scheme}://${target}${before === "" ? "" : `/${before}`}`);
  });
}
