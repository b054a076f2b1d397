/** `prometheus_rule_*`: how the evaluation of rules goes, among the program's own metrics. */
import type { Meter } from "@clew/collector";
import type { EvaluationMeasure, RuleGroup } from "@clew/rules";

const BOUNDS = [0.01, 0.1, 1, 10];

export class RuleMetrics {
  #meter: Meter | undefined;
  #groups: readonly RuleGroup[] = [];
  #ends: (() => void)[] = [];
  #ruleSeconds: (seconds: number) => void = () => {};
  #groupSeconds: (seconds: number) => void = () => {};
  #notificationSeconds: (seconds: number) => void = () => {};
  /** Takes how long rules, groups, and requests to Alertmanagers took. */
  readonly measure: EvaluationMeasure & { readonly notification: (seconds: number) => void } = {
    rule: (seconds) => this.#ruleSeconds(seconds),
    group: (seconds) => this.#groupSeconds(seconds),
    notification: (seconds) => this.#notificationSeconds(seconds),
  };

  /** Tells them there, until the returned function is called. */
  observe(meter: Meter): () => void {
    this.#meter = meter;
    const rules = "The duration for a rule to execute.";
    const groups = "The duration of rule group evaluations.";
    const rule = meter.histogram("prometheus_rule_evaluation_duration_histogram_seconds", rules, BOUNDS);
    const group = meter.histogram("prometheus_rule_group_duration_histogram_seconds", groups, BOUNDS);
    const latency = "Latency histogram for sending alert notifications.";
    const notification = meter.histogram("prometheus_notifications_latency_histogram_seconds", latency, BOUNDS);
    this.#notificationSeconds = (seconds) => notification.record(seconds);
    this.#ruleSeconds = (seconds) => rule.record(seconds);
    this.#groupSeconds = (seconds) => group.record(seconds);
    this.#observeGroups();
    return () => this.#end();
  }

  /** Takes the groups that there are from now on. */
  setGroups(groups: readonly RuleGroup[]): void {
    this.#groups = groups;
    this.#observeGroups();
  }

  #observeGroups(): void {
    this.#end();
    if (this.#meter !== undefined)
      for (const group of this.#groups) this.#ends.push(...observeGroup(group, this.#meter));
  }

  #end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

function observeGroup(group: RuleGroup, meter: Meter): (() => void)[] {
  const labels = { rule_group: group.key };
  const { counts } = group;
  const counter = (name: string, help: string, read: () => number): (() => void) =>
    meter.observedCounter(`prometheus_rule_${name}`, help, labels, read);
  const gauge = (name: string, help: string, read: () => number): (() => void) =>
    meter.gauge(`prometheus_rule_group_${name}`, help, labels, read);
  const ruleMs = (): number => group.rules.reduce((sum, { status }) => sum + status.evaluationMs, 0);
  return [
    counter("evaluations_total", "The total number of rule evaluations.", () => counts.evaluations),
    counter("evaluation_failures_total", "The total number of rule evaluation failures.", () => counts.failures),
    counter(
      "group_iterations_total",
      "The total number of scheduled rule group evaluations, whether executed or missed.",
      () => counts.iterations,
    ),
    counter(
      "group_iterations_missed_total",
      "The total number of rule group evaluations missed due to slow rule group evaluation.",
      () => counts.missedIterations,
    ),
    gauge("interval_seconds", "The interval of a rule group.", () => group.intervalMs / 1000),
    gauge("rules", "The number of rules.", () => group.rules.length),
    gauge(
      "last_evaluation_timestamp_seconds",
      "The timestamp of the last rule group evaluation in seconds.",
      () => (group.lastEvaluationMs ?? 0) / 1000,
    ),
    gauge("last_duration_seconds", "The duration of the last rule group evaluation.", () => group.evaluationMs / 1000),
    gauge(
      "last_rule_duration_sum_seconds",
      "The sum of time in seconds it took to evaluate each rule in the group.",
      () => ruleMs() / 1000,
    ),
    gauge(
      "last_restore_duration_seconds",
      "The duration of the last alert rules alerts restoration using the `ALERTS_FOR_STATE` series.",
      () => counts.restoreMs / 1000,
    ),
    gauge(
      "last_evaluation_samples",
      "The number of samples returned during the last rule group evaluation.",
      () => counts.samples,
    ),
  ];
}
