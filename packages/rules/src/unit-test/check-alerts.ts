import { prometheusDurationText } from "@clew/query";
import type { RuleGroup } from "../evaluation/rule-group.ts";
import type { AlertRuleTest, TestGroup } from "./unit-test-file.ts";
import { alertsText, type AlertText, indented, pairsText } from "./unit-test-text.ts";

/** A group's alert tests by the time that they look at, the earliest first. Throws where one names no alert. */
export function alertTestsByTime({ alertRuleTests, name }: TestGroup): ReadonlyMap<number, readonly AlertRuleTest[]> {
  const nameless = alertRuleTests.find(({ alertname }) => alertname === "");
  if (nameless !== undefined) {
    const where = `${prometheusDurationText(nameless.evalTimeMs)}${name === "" ? "" : ` (in TestGroup ${name})`}`;
    throw new Error(`an item under alert_rule_test misses required attribute alertname at eval_time ${where}`);
  }
  const times = [...new Set(alertRuleTests.map(({ evalTimeMs }) => evalTimeMs))].sort((a, b) => a - b);
  return new Map(times.map((timeMs) => [timeMs, alertRuleTests.filter(({ evalTimeMs }) => evalTimeMs === timeMs)]));
}

/** What is wrong with the alerts that fire now; at most one fault. */
export function alertFaults(
  { alertname, evalTimeMs, expAlerts }: AlertRuleTest,
  testName: string,
  groups: readonly RuleGroup[],
): readonly string[] {
  const wanted = sorted(
    expAlerts.map(({ labels, annotations }) => ({
      labels: Object.entries({ ...labels, alertname }),
      annotations: Object.entries(annotations),
    })),
  );
  const found = sorted(firing(groups, alertname));
  if (JSON.stringify(wanted) === JSON.stringify(found)) return [];
  const name = testName === "" ? "" : `    name: ${testName},\n`;
  const [exp, got] = [wanted, found].map((alerts) => indented(alertsText(alerts), "            "));
  const time = prometheusDurationText(evalTimeMs);
  return [`${name}    alertname: ${alertname}, time: ${time}, \n        exp:${exp}, \n        got:${got}`];
}

interface AlertPairs {
  readonly labels: Iterable<readonly [string, string]>;
  readonly annotations: Iterable<readonly [string, string]>;
}

function firing(groups: readonly RuleGroup[], alertname: string): readonly AlertPairs[] {
  return groups
    .flatMap(({ rules }) => rules)
    .filter((rule) => rule.kind === "alerting" && rule.name === alertname)
    .flatMap((rule) => (rule.kind === "alerting" ? rule.activeAlerts : []))
    .filter(({ state }) => state === "firing");
}

/** By labels, then by annotations, pair by pair. */
function sorted(alerts: readonly AlertPairs[]): readonly AlertText[] {
  const keyed = alerts.map(({ labels, annotations }) => ({
    key: `${sortKey(labels)}\0\0${sortKey(annotations)}`,
    text: { labels: pairsText(labels), annotations: pairsText(annotations) },
  }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ text }) => text);
}

function sortKey(pairs: Iterable<readonly [string, string]>): string {
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flat()
    .join("\0");
}
