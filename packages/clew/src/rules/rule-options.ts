import { parsePrometheusDuration } from "@clew/query";
import { messageOf } from "@clew/base";
import { alertmanagerAt, type AlertingConfig } from "@clew/collector";
import type { PrometheusConfig } from "@clew/server";
import { urlOf, usage } from "../options.ts";

/** What of the command line is about rules and alerts. */
export interface RuleOptions {
  /** Paths and patterns; no rules where there are none. */
  readonly files: readonly string[];
  /** More of them, as Prometheus's configuration names them: a path where there is no file is no fault. */
  readonly optionalFiles: readonly string[];
  /** Of groups that name none; a minute where absent. */
  readonly evaluationIntervalMs: number | undefined;
  /** Labels that alerts bear when they leave. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** Where people find this program; undefined for the address that it listens at. */
  readonly externalUrl: string | undefined;
  /** Alertmanagers that hear of alerts, and what becomes of these before. */
  readonly alerting: AlertingConfig;
  /** A configuration in Alertmanager's syntax, by which the program itself tells receivers of alerts. */
  readonly alertmanagerConfig: string | undefined;
}

/** The flags as `parseArgs` takes them. */
export const RULE_FLAGS = {
  rules: { type: "string", multiple: true },
  "evaluation-interval": { type: "string" },
  "external-label": { type: "string", multiple: true },
  "external-url": { type: "string" },
  "alertmanager-url": { type: "string", multiple: true },
  "alertmanager-config": { type: "string" },
} as const;

/** Throws `USAGE` naming the flag. */
export function ruleOptions(values: Readonly<Record<string, unknown>>): RuleOptions {
  const list = (name: string): readonly string[] => (values[name] as readonly string[] | undefined) ?? [];
  for (const flag of ["alertmanager-url", "alertmanager-config"])
    if (values[flag] !== undefined && list("rules").length === 0 && values["prometheus-config"] === undefined)
      throw usage("alerts come from rules", "give --rules as well", flag);
  const externalUrl = values["external-url"] as string | undefined;
  return {
    files: list("rules"),
    optionalFiles: [],
    evaluationIntervalMs: intervalOf(values["evaluation-interval"] as string | undefined),
    externalLabels: Object.fromEntries(list("external-label").map(labelOf)),
    externalUrl: externalUrl === undefined ? undefined : urlOf("external-url", externalUrl).replace(/\/+$/, ""),
    alerting: {
      alert_relabel_configs: [],
      alertmanagers: list("alertmanager-url").map((url) => alertmanagerAt(urlOf("alertmanager-url", url))),
    },
    alertmanagerConfig: values["alertmanager-config"] as string | undefined,
  };
}

/** With what Prometheus's configuration says: flags come first. `evaluates`: whether this program is one that has rules. */
export function withPrometheusConfig(
  options: RuleOptions,
  config: PrometheusConfig | undefined,
  evaluates: boolean,
): RuleOptions {
  if (config === undefined) return options;
  const { files, evaluationIntervalMs, alerting } = config.rules;
  return {
    ...options,
    optionalFiles: evaluates ? files : [],
    evaluationIntervalMs: options.evaluationIntervalMs ?? evaluationIntervalMs,
    externalLabels: { ...config.externalLabels.toObject(), ...options.externalLabels },
    alerting: evaluates
      ? { ...alerting, alertmanagers: [...options.alerting.alertmanagers, ...alerting.alertmanagers] }
      : options.alerting,
  };
}

function intervalOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  let intervalMs = 0;
  try {
    intervalMs = parsePrometheusDuration(text);
  } catch (error) {
    throw usage(messageOf(error), "write 15s or 1m", "evaluation-interval");
  }
  if (intervalMs <= 0) throw usage("expected a duration above 0", "write 15s or 1m", "evaluation-interval");
  return intervalMs;
}

function labelOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw usage(`expected NAME=VALUE, got ${JSON.stringify(text)}`, "write cluster=eu", "external-label");
  return [text.slice(0, at), text.slice(at + 1)];
}
