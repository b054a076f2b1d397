/** Rules that are evaluated one after the other, at one time. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ClewError, type Clock, messageOf } from "@clew/base";
import { type Labels, type MetricsQuerier, type PromqlFeatures, withinTime } from "@clew/query";
import type { RuleGroupConfig } from "../file/rule-file.ts";
import type { AlertNotice } from "./alert.ts";
import { AlertingRule } from "./alerting-rule.ts";
import { gatherEvidence, wantsEvidence } from "./evidence.ts";
import { RecordingRule } from "./recording-rule.ts";
import { restoreAlerts } from "./restore-alerts.ts";
import type { RuleContext } from "./rule.ts";
import { RuleQueries } from "./rule-queries.ts";
import type { RuleSample } from "./rule-sample.ts";
import { WrittenSamples } from "./written-samples.ts";

/** The least time between two notices of an alert that goes on firing. */
export const RESEND_DELAY_MS = 60_000;

/** The exemplars of an alert are waited for so long. */
const EVIDENCE_TIMEOUT_MS = 10_000;

export type Rule = RecordingRule | AlertingRule;

/** What rules need of the world. */
export interface EvaluationSettings {
  readonly clock: Clock;
  readonly querier: MetricsQuerier;
  /** What expressions may have beside what is stable. */
  readonly features: PromqlFeatures;
  /** Resolves once the samples are durable. */
  readonly write: (samples: readonly RuleSample[]) => Promise<void>;
  readonly notify: (notices: readonly AlertNotice[]) => void;
  /** Takes what a person should know. */
  readonly report: (line: string) => void;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** Runs work when it is its turn: so many rules at once, of all groups. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly measure: EvaluationMeasure;
  /** The step of subqueries that name none; a minute where it is absent. */
  readonly subqueryStepMs?: number | undefined;
}

/** Takes how long evaluations took. */
export interface EvaluationMeasure {
  rule(seconds: number): void;
  group(seconds: number): void;
}

export interface GroupSettings {
  readonly file: string;
  /** The interval where the group names none. */
  readonly defaultIntervalMs: number;
  /** Whether the alerts' states are taken from the store, after the second evaluation. */
  readonly shouldRestore: boolean;
}

/** What is counted of a group, since it began. */
export interface GroupCounts {
  evaluations: number;
  failures: number;
  iterations: number;
  missedIterations: number;
  /** Of the last evaluation. */
  samples: number;
  restoreMs: number;
}

// key of a label set --> the label set
type SeriesSet = ReadonlyMap<string, Labels>;

export class RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  readonly limit: number;
  readonly rules: readonly Rule[];
  readonly counts: GroupCounts = {
    evaluations: 0,
    failures: 0,
    iterations: 0,
    missedIterations: 0,
    samples: 0,
    restoreMs: 0,
  };
  /** How long the last evaluation took. */
  evaluationMs = 0;
  lastEvaluationMs: number | undefined;
  shouldRestore: boolean;
  readonly #config: RuleGroupConfig;
  readonly #settings: EvaluationSettings;
  readonly #written: WrittenSamples;
  readonly #queries: RuleQueries;
  readonly #stop = new AbortController();
  /** For each rule, the series that it wrote last. */
  readonly #previous: SeriesSet[];
  /** Series of rules that are no more, which still have to be ended. */
  #orphans: SeriesSet = new Map();

  constructor(config: RuleGroupConfig, group: GroupSettings, settings: EvaluationSettings) {
    this.name = config.name;
    this.file = group.file;
    this.intervalMs = config.intervalMs ?? group.defaultIntervalMs;
    this.queryOffsetMs = config.queryOffsetMs ?? 0;
    this.limit = config.limit;
    this.shouldRestore = group.shouldRestore;
    this.#config = config;
    this.#settings = settings;
    this.#written = new WrittenSamples(settings.querier);
    this.#queries = new RuleQueries({ ...settings, querier: this.#written.querier() });
    const alerting = { ...settings, isRestored: !group.shouldRestore };
    this.rules = config.rules.map((rule) =>
      rule.kind === "recording"
        ? new RecordingRule(rule, config.labels, settings.features)
        : new AlertingRule(rule, config.labels, alerting),
    );
    this.#previous = this.rules.map(() => new Map());
  }

  /** Tells groups apart: a name is used once in a file. */
  get key(): string {
    return `${this.file};${this.name}`;
  }

  isLike(other: RuleGroup): boolean {
    return this.intervalMs === other.intervalMs && JSON.stringify(this.#config) === JSON.stringify(other.#config);
  }

  /** Ends what runs, without writing what it found. */
  stop(): void {
    this.#stop.abort();
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Evaluates all rules at `timeMs`. Never rejects: a rule that fails says so in its status. */
  async evaluate(timeMs: number): Promise<void> {
    const startMs = this.#settings.clock.nowMs();
    this.counts.iterations++;
    this.#written.forget(startMs);
    const pass = new Pass();
    let samples = 0;
    for (const [i, rule] of this.rules.entries()) {
      if (this.isStopped) return;
      samples += await this.#settings.inTurn(() => this.#evaluateRule(rule, i, timeMs, pass));
      // Whoever sends telemetry comes first.
      await nextTurn();
    }
    this.counts.samples = samples;
    await this.#endOrphans(timeMs, pass);
    this.evaluationMs = this.#settings.clock.nowMs() - startMs;
    this.lastEvaluationMs = startMs;
    this.#settings.measure.group(this.evaluationMs / 1000);
  }

  /** Takes the alerts' times from the store, where the program ran before. Never rejects. */
  async restore(timeMs: number): Promise<void> {
    const startMs = this.#settings.clock.nowMs();
    for (const rule of this.rules)
      if (rule.kind === "alerting")
        await restoreAlerts(rule, timeMs, this.#settings.querier, this.#stop.signal).catch((error: unknown) =>
          this.#report(`Failed to restore 'for' state of ${rule.name}: ${textOf(error)}`),
        );
    this.shouldRestore = false;
    this.counts.restoreMs = this.#settings.clock.nowMs() - startMs;
  }

  /** Goes on where another left off: rules of one name with the same labels are the same. */
  takeOver(from: RuleGroup): void {
    this.evaluationMs = from.evaluationMs;
    this.lastEvaluationMs = from.lastEvaluationMs;
    const orphans = new Map(from.#orphans);
    const left = from.rules.map((rule, i) => ({ rule, i }));
    this.rules.forEach((rule, i) => {
      const at = left.findIndex(({ rule: old }) => old.name === rule.name && old.labels.key === rule.labels.key);
      const [old] = at < 0 ? [] : left.splice(at, 1);
      if (old === undefined) return;
      this.#previous[i] = from.#previous[old.i] ?? new Map();
      if (rule.kind === "alerting" && old.rule.kind === "alerting") rule.takeAlerts(old.rule);
    });
    for (const { i } of left) for (const [key, labels] of from.#previous[i] ?? []) orphans.set(key, labels);
    this.#orphans = orphans;
  }

  /** Ends all series, of a group that is no more. Never rejects. */
  async endSeries(timeMs: number): Promise<void> {
    this.#orphans = new Map(this.#previous.flatMap((series) => [...series]));
    await this.#endOrphans(timeMs, new Pass());
  }

  /** The number of samples. */
  async #evaluateRule(rule: Rule, i: number, timeMs: number, pass: Pass): Promise<number> {
    const { clock, measure } = this.#settings;
    const startMs = clock.nowMs();
    this.counts.evaluations++;
    let lastError = "";
    let count = 0;
    try {
      const samples = await rule.evaluate(this.#context(timeMs));
      count = samples.length;
      if (rule.kind === "alerting") this.#tell(rule, timeMs);
      lastError = await this.#write(samples, i, timeMs, pass);
    } catch (error) {
      lastError = textOf(error);
      if (!this.isStopped) this.#report(`Evaluating rule ${rule.name} failed: ${lastError}`);
    }
    if (lastError !== "") this.counts.failures++;
    const evaluationMs = clock.nowMs() - startMs;
    rule.status = { health: lastError === "" ? "ok" : "err", lastError, evaluationMs, lastEvaluationMs: startMs };
    measure.rule(evaluationMs / 1000);
    if (rule.kind === "alerting") await this.#seekEvidence(rule, timeMs);
    return count;
  }

  #context(timeMs: number): RuleContext {
    return {
      timeMs,
      queryOffsetMs: this.queryOffsetMs,
      limit: this.limit,
      query: (expression, atMs) => this.#queries.at(expression, atMs, this.#stop.signal),
      report: (line) => this.#report(line),
    };
  }

  #tell(rule: AlertingRule, timeMs: number): void {
    const notices = rule.takeNotices(timeMs, RESEND_DELAY_MS, this.intervalMs);
    if (notices.length > 0) this.#settings.notify(notices);
  }

  /** Never rejects: an alert is one without, too. */
  async #seekEvidence(rule: AlertingRule, timeMs: number): Promise<void> {
    const wanting = rule.activeAlerts.filter((alert) => wantsEvidence(alert, timeMs));
    if (wanting.length === 0 || this.isStopped) return;
    for (const alert of wanting) alert.evidenceSoughtAtMs = timeMs;
    const { clock, querier } = this.#settings;
    try {
      const selections = this.#queries.selections(rule.expression, timeMs - this.queryOffsetMs);
      await withinTime(clock, EVIDENCE_TIMEOUT_MS, this.#stop.signal, ({ signal }) =>
        gatherEvidence(wanting, selections, querier, signal),
      );
    } catch (error) {
      if (!this.isStopped) this.#report(`No exemplars could be read for the alert ${rule.name}: ${textOf(error)}`);
    }
  }

  /** Writes them, and ends the series that the rule wrote last time and does not now. Gives what was refused. */
  async #write(samples: readonly RuleSample[], i: number, timeMs: number, pass: Pass): Promise<string> {
    const { accepted, fault } = pass.take(samples);
    const series = new Map(samples.map(({ labels }) => [labels.key, labels]));
    const ended = [...(this.#previous[i] ?? [])].filter(([key]) => !series.has(key)).map(([, labels]) => labels);
    const markers = pass.take(this.#staleMarkers(ended, timeMs)).accepted;
    const all = [...accepted, ...markers];
    if (all.length > 0) await this.#settings.write(all);
    this.#written.add(all, this.#settings.clock.nowMs());
    this.#previous[i] = series;
    return fault;
  }

  async #endOrphans(timeMs: number, pass: Pass): Promise<void> {
    if (this.#orphans.size === 0) return;
    const { accepted } = pass.take(this.#staleMarkers(this.#orphans.values(), timeMs));
    try {
      if (accepted.length > 0) await this.#settings.write(accepted);
      this.#orphans = new Map();
    } catch (error) {
      this.#report(`Ending the series of rules that are no more failed: ${textOf(error)}`);
    }
  }

  #staleMarkers(series: Iterable<Labels>, timeMs: number): RuleSample[] {
    return Array.from(series, (labels) => ({ labels, timestampMs: timeMs - this.queryOffsetMs, value: "stale" }));
  }

  #report(line: string): void {
    this.#settings.report(`${this.file}, group ${this.name}: ${line}`);
  }
}

/** One evaluation of a group: a series gets one sample in it, the first. */
class Pass {
  // key of the label set --> what was written
  readonly #values = new Map<string, RuleSample["value"]>();

  take(samples: readonly RuleSample[]): { readonly accepted: readonly RuleSample[]; readonly fault: string } {
    let fault = "";
    const accepted = samples.filter(({ labels, timestampMs, value }) => {
      const existing = this.#values.get(labels.key);
      if (existing === undefined) this.#values.set(labels.key, value);
      else if (!Object.is(existing, value)) fault = duplicateFault(timestampMs, existing, value);
      return existing === undefined;
    });
    return { accepted, fault };
  }
}

function duplicateFault(timestampMs: number, existing: RuleSample["value"], value: RuleSample["value"]): string {
  const what = typeof existing === "object" ? "existing is a histogram" : `existing ${numberText(existing)}`;
  return `duplicate sample for timestamp ${timestampMs}; overrides not allowed: ${what}, new value ${numberText(value)}`;
}

function numberText(value: RuleSample["value"]): string {
  return typeof value === "number" ? String(value) : "NaN";
}

function textOf(error: unknown): string {
  return error instanceof ClewError ? error.what : messageOf(error);
}
