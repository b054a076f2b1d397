/** Rules over a store in memory, and a clock that stands still until a test moves it. */
import { Labels, MemoryQuerier, type MetricsQuerier, parseSelector, STABLE_FEATURES } from "@clew/query";
import { ManualClock } from "../../../sdk/src/manual-clock.test-kit.ts";
import { readRuleFile } from "../file/read-rule-file.ts";
import type { AlertNotice } from "./alert.ts";
import type { AlertingRule } from "./alerting-rule.ts";
import { type EvaluationSettings, RuleGroup } from "./rule-group.ts";
import type { RuleSample } from "./rule-sample.ts";

export interface TestWorld {
  readonly clock: ManualClock;
  readonly store: MemoryQuerier;
  /** What was written, in order, as text: `name{labels} value @seconds`. */
  readonly written: string[];
  readonly notices: AlertNotice[];
  readonly reports: string[];
  readonly settings: EvaluationSettings;
  /** Stores a sample: `up{job="a"}`. */
  readonly set: (series: string, timeMs: number, value: number | "stale") => void;
  readonly group: (yaml: string, shouldRestore?: boolean) => RuleGroup;
}

/** With `isSlow`, what is written cannot be read. */
export function testWorld(changes: Partial<EvaluationSettings> & { readonly isSlow?: boolean } = {}): TestWorld {
  const clock = new ManualClock();
  const store = new MemoryQuerier();
  const written: string[] = [];
  const notices: AlertNotice[] = [];
  const reports: string[] = [];
  const settings: EvaluationSettings = {
    clock,
    querier: store,
    features: STABLE_FEATURES,
    async write(samples) {
      written.push(...samples.map(sampleText));
      if (changes.isSlow !== true)
        for (const { labels, timestampMs, value } of samples) store.add(labels, timestampMs, value);
    },
    notify: (told) => void notices.push(...told),
    report: (line) => void reports.push(line),
    externalLabels: Labels.of({ cluster: "eu" }),
    externalUrl: "http://clew",
    inTurn: (work) => work(),
    measure: { rule: () => {}, group: () => {} },
    ...changes,
  };
  return {
    clock,
    store,
    written,
    notices,
    reports,
    settings,
    set: (series, timeMs, value) => store.add(labelsOf(series), timeMs, value),
    group(yaml, shouldRestore = false) {
      const { groups, errors } = readRuleFile(yaml, settings.features);
      if (errors.length > 0) throw new Error(errors.join("\n"));
      return new RuleGroup(groups[0]!, { file: "rules.yml", defaultIntervalMs: 60_000, shouldRestore }, settings);
    },
  };
}

export function labelsOf(series: string): Labels {
  return Labels.from(parseSelector(series).map(({ name, value }) => [name, value]));
}

export function alertsOf(group: RuleGroup): readonly AlertingRule[] {
  return group.rules.filter((rule) => rule.kind === "alerting");
}

/** A querier that fails where its question names a metric. */
export function failingFor(metric: string, querier: MetricsQuerier): Pick<MetricsQuerier, "select"> {
  return {
    select: async (request, signal) => {
      if (request.matchers.some(({ value }) => value === metric)) throw new Error("the disk is gone");
      return querier.select(request, signal);
    },
  };
}

function sampleText({ labels, timestampMs, value }: RuleSample): string {
  const text = typeof value === "object" ? `histogram of ${value.count}` : String(value);
  return `${labels.metricName}${labels.withoutName().toString()} ${text} @${timestampMs / 1000}`;
}
