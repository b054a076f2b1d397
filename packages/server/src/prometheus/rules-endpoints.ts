/** `rules`, `alerts` and `alertmanagers`. */
import { createHash } from "node:crypto";
import { labelsTest } from "@clew/query";
import type { Alert, AlertingRule, EmbeddedAlertmanager, Evidence, Rule, RuleGroup } from "@clew/rules";
import { invalidParameter } from "./api-error.ts";
import { type Answer, dataOf } from "./envelope.ts";
import { floatText, goTimeText } from "./json-values.ts";
import type { Parameters } from "./parameters.ts";

/** The rules that the API tells of. */
export interface RulesSource {
  readonly groups: readonly RuleGroup[];
  /** Where alerts are sent: URLs of Alertmanagers. */
  readonly alertmanagers: readonly string[];
  /** Those that relabelling dropped. */
  readonly droppedAlertmanagers: readonly string[];
  /** What tells receivers of alerts in this program; undefined where that is another's work. */
  readonly alertmanager: Pick<EmbeddedAlertmanager, "silences" | "statuses"> | undefined;
}

/** Numbers of 32 bits with a sign, as Go's `ParseInt` is asked for. */
const MAX_INT_32 = 2 ** 31 - 1;

export class RulesEndpoints {
  readonly #source: RulesSource | undefined;

  /** Without a source there are no rules. */
  constructor(source: RulesSource | undefined) {
    this.#source = source;
  }

  rules(parameters: Parameters): Answer {
    const wanted = ruleFilter(parameters);
    const hasAlerts = !excludesAlerts(parameters);
    const limit = groupLimit(parameters);
    const token = parameters.text("group_next_token");
    const groups = this.#groupsFrom(token);
    if (token !== "" && groups.length === 0) {
      const problem = `invalid group_next_token '${token}'. were rule groups changed?`;
      throw invalidParameter("group_next_token", problem);
    }
    const answered: object[] = [];
    for (const group of groups) {
      const rules = group.rules.filter((rule) => wanted(rule, group)).map((rule) => ruleJson(rule, hasAlerts));
      if (rules.length === 0) continue;
      if (answered.length === limit) return dataOf({ groups: answered, groupNextToken: tokenOf(group) });
      answered.push(groupJson(group, rules));
    }
    return dataOf({ groups: answered });
  }

  alerts(): Answer {
    const rules = (this.#source?.groups ?? []).flatMap((group) => group.rules);
    const alerts = rules.flatMap((rule) => (rule.kind === "alerting" ? rule.activeAlerts.map(alertJson) : []));
    return dataOf({ alerts });
  }

  alertmanagers(): Answer {
    const { alertmanagers = [], droppedAlertmanagers = [] } = this.#source ?? {};
    const listOf = (urls: readonly string[]): object[] => urls.map((url) => ({ url }));
    return dataOf({
      activeAlertmanagers: listOf(alertmanagers),
      droppedAlertmanagers: listOf(droppedAlertmanagers),
    });
  }

  #groupsFrom(token: string): readonly RuleGroup[] {
    const groups = this.#source?.groups ?? [];
    if (token === "") return groups;
    const first = groups.findIndex((group) => tokenOf(group) === token);
    return first < 0 ? [] : groups.slice(first);
  }
}

function ruleFilter(parameters: Parameters): (rule: Rule, group: RuleGroup) => boolean {
  const type = parameters.text("type").toLowerCase();
  if (!["", "alert", "record"].includes(type)) throw invalidParameter("type", `not supported value "${type}"`);
  const names = oneOf(parameters.all("rule_name[]"));
  const groups = oneOf(parameters.all("rule_group[]"));
  const files = oneOf(parameters.all("file[]"));
  const matches = parameters.selectors().map(labelsTest);
  return (rule, group) =>
    (type === "" || type === (rule.kind === "alerting" ? "alert" : "record")) &&
    names(rule.name) &&
    groups(group.name) &&
    files(group.file) &&
    (matches.length === 0 || matches.some((match) => match(rule.labels)));
}

/** No values let everything through. */
function oneOf(values: readonly string[]): (value: string) => boolean {
  return (value) => values.length === 0 || values.includes(value);
}

function excludesAlerts(parameters: Parameters): boolean {
  const text = parameters.text("exclude_alerts").toLowerCase();
  if (["1", "t", "true"].includes(text)) return true;
  if (["", "0", "f", "false"].includes(text)) return false;
  const problem = `error converting exclude_alerts: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw invalidParameter("exclude_alerts", problem);
}

/** How many groups are answered at most. */
function groupLimit(parameters: Parameters): number {
  const text = parameters.text("group_limit");
  if (text === "" && parameters.text("group_next_token") !== "") {
    const problem = "group_limit needs to be present in order to paginate over the groups";
    throw invalidParameter("group_next_token", problem);
  }
  if (text === "") return Infinity;
  const isNumber = /^[-+]?\d+$/.test(text);
  if (!isNumber || Math.abs(Number(text)) > MAX_INT_32) {
    const reason = isNumber ? "value out of range" : "invalid syntax";
    const problem = `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${reason}`;
    throw invalidParameter("group_limit", `group_limit needs to be a valid number: ${problem}`);
  }
  if (Number(text) <= 0) throw invalidParameter("group_limit", "group_limit needs to be greater than 0");
  return Number(text);
}

function tokenOf({ key }: RuleGroup): string {
  return createHash("sha256").update(key).digest("hex");
}

function groupJson(group: RuleGroup, rules: readonly object[]): object {
  return {
    name: group.name,
    file: group.file,
    rules,
    interval: group.intervalMs / 1000,
    limit: group.limit,
    evaluationTime: group.evaluationMs / 1000,
    lastEvaluation: goTimeText(group.lastEvaluationMs),
  };
}

function ruleJson(rule: Rule, hasAlerts: boolean): object {
  const { health, lastError, evaluationMs, lastEvaluationMs } = rule.status;
  return {
    ...(rule.kind === "alerting" ? { state: rule.state } : {}),
    name: rule.name,
    query: rule.expression,
    ...(rule.kind === "alerting" ? alertingJson(rule, hasAlerts) : { labels: rule.labels.toObject() }),
    health,
    ...(lastError === "" ? {} : { lastError }),
    evaluationTime: evaluationMs / 1000,
    lastEvaluation: goTimeText(lastEvaluationMs),
    type: rule.kind,
  };
}

function alertingJson(rule: AlertingRule, hasAlerts: boolean): object {
  return {
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    labels: rule.labels.toObject(),
    annotations: Object.fromEntries(rule.annotations),
    alerts: hasAlerts ? rule.activeAlerts.map(alertJson) : null,
  };
}

function alertJson({ labels, annotations, state, activeAtMs, keepFiringSinceMs, value, evidence }: Alert): object {
  return {
    labels: labels.toObject(),
    annotations: Object.fromEntries(annotations),
    state,
    activeAt: goTimeText(activeAtMs),
    ...(keepFiringSinceMs === undefined ? {} : { keepFiringSince: goTimeText(keepFiringSinceMs) }),
    value: exponentText(value),
    ...(evidence === undefined ? {} : { evidence: evidenceJson(evidence) }),
  };
}

/** Not Prometheus's: what leads from an alert to its traces. */
function evidenceJson({ exemplars, traceIds }: Evidence): object {
  return {
    traceIds,
    exemplars: exemplars.map(({ labels, seriesLabels, value, timestampMs }) => ({
      seriesLabels: seriesLabels.toObject(),
      labels: labels.toObject(),
      value: floatText(value),
      timestamp: Math.round(timestampMs) / 1000,
    })),
  };
}

/** A float as Go's `'e', -1` writes it: `7.5e+00`. */
function exponentText(value: number): string {
  if (!Number.isFinite(value)) return floatText(value);
  return value.toExponential().replace(/e([-+])(\d)$/, "e$10$2");
}
