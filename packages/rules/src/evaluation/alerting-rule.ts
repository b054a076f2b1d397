/** A rule that raises an alert for each label set that its expression gives. */
import { canonicalQuery, Labels, type SyntaxFeatures, type VectorPoint } from "@clew/query";
import type { RuleConfig } from "../file/rule-file.ts";
import { alertData, Template } from "../template/template.ts";
import { messageOf } from "@clew/base";
import { type Alert, type AlertNotice, type AlertState, needsSending, pendingAlert } from "./alert.ts";
import { type EvaluatedRule, NOT_EVALUATED, type RuleContext, RuleError, type RuleStatus } from "./rule.ts";
import { ALERT_NAME, ALERT_STATE, ALERTS, ALERTS_FOR_STATE, alertSeries, type RuleSample } from "./rule-sample.ts";

/** So long after it is resolved an alert is still told of, so that a receiver that was away hears it. */
const RESOLVED_RETENTION_MS = 15 * 60_000;

const STATES: readonly AlertState[] = ["inactive", "pending", "firing"];

export interface AlertingSettings {
  readonly features: SyntaxFeatures;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** Whether there is nothing to restore: until it is restored, a rule writes no series. */
  readonly isRestored: boolean;
}

export class AlertingRule implements EvaluatedRule {
  readonly kind = "alerting";
  readonly name: string;
  readonly expression: string;
  readonly labels: Labels;
  readonly annotations: ReadonlyMap<string, string>;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  status: RuleStatus = NOT_EVALUATED;
  isRestored: boolean;
  readonly #settings: AlertingSettings;
  readonly #labelTemplates: ReadonlyMap<string, Template>;
  readonly #annotationTemplates: ReadonlyMap<string, Template>;
  // key of the label set --> the alert, active or resolved not long ago
  #alerts = new Map<string, Alert>();

  constructor(config: RuleConfig, groupLabels: Readonly<Record<string, string>>, settings: AlertingSettings) {
    this.name = config.name;
    this.expression = canonicalQuery(config.expr, settings.features);
    this.labels = Labels.of({ ...groupLabels, ...config.labels });
    this.annotations = new Map(Object.entries(config.annotations).sort(([a], [b]) => (a < b ? -1 : 1)));
    this.forMs = config.forMs;
    this.keepFiringForMs = config.keepFiringForMs;
    this.isRestored = settings.isRestored;
    this.#settings = settings;
    this.#labelTemplates = this.#templates(this.labels);
    this.#annotationTemplates = this.#templates(this.annotations);
  }

  /** All that it knows of, those that are resolved too. */
  get alerts(): Iterable<Alert> {
    return this.#alerts.values();
  }

  /** In the order in which they arose. */
  get activeAlerts(): readonly Alert[] {
    return [...this.#alerts.values()].filter(({ resolvedAtMs }) => resolvedAtMs === undefined);
  }

  /** The gravest state of its alerts. */
  get state(): AlertState | "unknown" {
    if (this.status.lastEvaluationMs === undefined) return "unknown";
    let gravest = 0;
    for (const { state } of this.#alerts.values()) gravest = Math.max(gravest, STATES.indexOf(state));
    return STATES[gravest] ?? "inactive";
  }

  /** Goes on with the alerts of the rule that this one takes the place of. */
  takeAlerts(from: AlertingRule): void {
    this.#alerts = new Map(from.#alerts);
  }

  async evaluate(context: RuleContext): Promise<readonly RuleSample[]> {
    const { timeMs, queryOffsetMs, limit } = context;
    const points = await context.query(this.expression, timeMs - queryOffsetMs);
    const found = await this.#found(points, context);
    for (const [key, alert] of found) this.#merge(key, alert);
    const active: Alert[] = [];
    for (const [key, alert] of this.#alerts) if (this.#step(key, alert, found.has(key), timeMs)) active.push(alert);
    if (limit > 0 && active.length > limit) {
      this.#alerts = new Map();
      throw new RuleError(`exceeded limit of ${limit} with ${active.length} alerts`);
    }
    return this.isRestored ? active.flatMap((alert) => this.#samples(alert, timeMs - queryOffsetMs)) : [];
  }

  /** What receivers have to hear now. Counts as told. */
  takeNotices(timeMs: number, resendDelayMs: number, intervalMs: number): readonly AlertNotice[] {
    const due = [...this.#alerts.values()].filter((alert) => needsSending(alert, timeMs, resendDelayMs));
    return due.map((alert) => {
      alert.lastSentAtMs = timeMs;
      // Two evaluations or two posts may fail before a receiver takes it for resolved.
      alert.validUntilMs = timeMs + 4 * Math.max(intervalMs, resendDelayMs);
      return {
        labels: alert.labels,
        annotations: alert.annotations,
        startsAtMs: alert.firedAtMs ?? alert.activeAtMs,
        endsAtMs: alert.resolvedAtMs ?? alert.validUntilMs,
        sentAtMs: timeMs,
        isResolved: alert.resolvedAtMs !== undefined,
        expression: this.expression,
      };
    });
  }

  async #found(points: readonly VectorPoint[], context: RuleContext): Promise<ReadonlyMap<string, Alert>> {
    const found = new Map<string, Alert>();
    for (const point of points) {
      const labels = Labels.from([
        ...point.labels.withoutName(),
        ...(await this.#expanded(this.#labelTemplates, point, context)),
        [ALERT_NAME, this.name],
      ]);
      const annotations = await this.#expanded(this.#annotationTemplates, point, context);
      if (found.has(labels.key))
        throw new RuleError("vector contains metrics with the same labelset after applying alert labels");
      const value = typeof point.value === "number" ? point.value : 0;
      found.set(labels.key, pendingAlert(labels, annotations, value, context.timeMs));
    }
    return found;
  }

  #merge(key: string, found: Alert): void {
    const known = this.#alerts.get(key);
    if (known === undefined || known.state === "inactive") {
      this.#alerts.set(key, found);
      return;
    }
    known.value = found.value;
    known.annotations = found.annotations;
  }

  /** Moves an alert on. False where it is not active, or no more. */
  #step(key: string, alert: Alert, isFound: boolean, timeMs: number): boolean {
    if (isFound) alert.keepFiringSinceMs = undefined;
    else if (!this.#keepsFiring(alert, timeMs)) {
      this.#resolve(key, alert, timeMs);
      return false;
    }
    const heldMs = timeMs - alert.activeAtMs;
    if (alert.state === "pending" && heldMs >= this.forMs) {
      alert.state = "firing";
      alert.firedAtMs = timeMs;
    }
    // `for` was made longer, or it was restored with less time behind it.
    if (alert.state === "firing" && heldMs < this.forMs) {
      alert.state = "pending";
      alert.firedAtMs = alert.lastSentAtMs = alert.keepFiringSinceMs = undefined;
    }
    return true;
  }

  #keepsFiring(alert: Alert, timeMs: number): boolean {
    if (alert.state !== "firing" || this.keepFiringForMs === 0) return false;
    alert.keepFiringSinceMs ??= timeMs;
    return timeMs - alert.keepFiringSinceMs < this.keepFiringForMs;
  }

  #resolve(key: string, alert: Alert, timeMs: number): void {
    const isForgotten = alert.resolvedAtMs !== undefined && timeMs - alert.resolvedAtMs > RESOLVED_RETENTION_MS;
    if (alert.state === "pending" || isForgotten) this.#alerts.delete(key);
    if (alert.state === "inactive") return;
    alert.state = "inactive";
    alert.resolvedAtMs = timeMs;
  }

  #samples({ labels, state, activeAtMs }: Alert, timestampMs: number): readonly RuleSample[] {
    const series = (metric: typeof ALERTS | typeof ALERTS_FOR_STATE): Labels => alertSeries(labels, metric, this.name);
    return [
      { labels: series(ALERTS).with(ALERT_STATE, state), timestampMs, value: 1 },
      { labels: series(ALERTS_FOR_STATE), timestampMs, value: Math.floor(activeAtMs / 1000) },
    ];
  }

  #templates(texts: Iterable<readonly [string, string]>): ReadonlyMap<string, Template> {
    return new Map([...texts].map(([name, text]) => [name, Template.forAlert(this.name, text)]));
  }

  /** A text that cannot be expanded says why in its place. */
  async #expanded(
    templates: ReadonlyMap<string, Template>,
    { labels, value }: VectorPoint,
    { timeMs, query, report }: RuleContext,
  ): Promise<ReadonlyMap<string, string>> {
    const { externalLabels, externalUrl } = this.#settings;
    const data = alertData({ labels, externalLabels, externalUrl, value });
    const settings = { timeMs, externalUrl, query: (text: string) => query(text, timeMs) };
    const expanded = new Map<string, string>();
    for (const [name, template] of templates) {
      try {
        expanded.set(name, await template.expand(data, settings));
      } catch (error) {
        report(`Expanding the template of ${name} of the alert ${this.name} failed: ${messageOf(error)}`);
        expanded.set(name, `<error expanding template: ${messageOf(error)}>`);
      }
    }
    return expanded;
  }
}
