/** Runs unit tests of rules as promtool does. */
import { ClewError, type Clock, formatDuration, messageOf } from "@clew/base";
import { Labels, type PromqlFeatures } from "@clew/query";
import { readRuleFile } from "../file/read-rule-file.ts";
import { RuleGroup } from "../evaluation/rule-group.ts";
import type { RuleFile } from "../evaluation/rule-manager.ts";
import { RuleQueries } from "../evaluation/rule-queries.ts";
import { alertFaults, alertTestsByTime } from "./check-alerts.ts";
import { expressionFault } from "./check-expressions.ts";
import { readUnitTestFile } from "./read-unit-test-file.ts";
import { TestStorage } from "./test-storage.ts";
import type { TestGroup, UnitTestFile } from "./unit-test-file.ts";

export interface UnitTestSettings {
  /** What expressions may have beside what is stable. */
  readonly features: PromqlFeatures;
  /** The files that `rule_files` names, in its order. */
  readonly readRules: (patterns: readonly string[]) => Promise<readonly RuleFile[]>;
  /** Whether a test of that name is run. */
  readonly isWanted: (name: string) => boolean;
}

/** What is wrong, in promtool's words; nothing where every test passes. Never rejects. */
export async function runUnitTests(text: string, settings: UnitTestSettings): Promise<readonly string[]> {
  try {
    const file = readUnitTestFile(text);
    const rules = await settings.readRules(file.ruleFiles);
    const faults: string[] = [];
    for (const test of file.tests)
      if (settings.isWanted(test.name))
        faults.push(...(await runTest({ test, file, rules, features: settings.features })));
    return faults;
  } catch (error) {
    return [textOf(error)];
  }
}

interface TestSettings {
  readonly test: TestGroup;
  readonly file: UnitTestFile;
  readonly rules: readonly RuleFile[];
  readonly features: PromqlFeatures;
}

async function runTest(settings: TestSettings): Promise<readonly string[]> {
  try {
    return await new TestRun(settings).run();
  } catch (error) {
    return [textOf(error)];
  }
}

class TestRun {
  readonly #test: TestGroup;
  readonly #file: UnitTestFile;
  readonly #features: PromqlFeatures;
  readonly #groups: readonly RuleGroup[];
  readonly #storage: TestStorage;
  readonly #queries: RuleQueries;
  #nowMs = 0;

  /** Throws where rules or series have faults. */
  constructor({ test, file, rules, features }: TestSettings) {
    this.#test = test;
    this.#file = file;
    this.#features = features;
    this.#storage = new TestStorage(test);
    this.#queries = new RuleQueries({
      querier: this.#storage.querier(),
      clock: this.#clock(),
      features,
      subqueryStepMs: file.evaluationIntervalMs,
    });
    this.#groups = this.#inOrder(this.#groupsOf(rules));
  }

  async run(): Promise<readonly string[]> {
    const { startMs, alertRuleTests, promqlExprTests } = this.#test;
    const stepMs = this.#file.evaluationIntervalMs;
    const lastMs = Math.max(0, ...[...alertRuleTests, ...promqlExprTests].map(({ evalTimeMs }) => evalTimeMs));
    const byTime = alertTestsByTime(this.#test);
    const faults: string[] = [];
    for (let sinceMs = 0; sinceMs <= lastMs; sinceMs += stepMs) {
      this.#storage.loadUntil(startMs + sinceMs);
      const failures = await this.#evaluate(startMs + sinceMs);
      if (failures.length > 0) return [...faults, ...failures];
      for (const [evalTimeMs, tests] of byTime)
        if (sinceMs <= evalTimeMs && evalTimeMs < sinceMs + stepMs)
          faults.push(...tests.flatMap((one) => alertFaults(one, this.#test.name, this.#groups)));
    }
    const never = new AbortController().signal;
    for (const one of promqlExprTests) {
      const found = this.#queries.at(one.expr, startMs + one.evalTimeMs, never);
      const fault = await expressionFault(one, found, this.#file.fuzzyCompare);
      if (fault !== undefined) faults.push(fault);
    }
    return faults;
  }

  /** The errors of all rules. */
  async #evaluate(timeMs: number): Promise<readonly string[]> {
    this.#nowMs = timeMs;
    const failures: string[] = [];
    for (const group of this.#groups) {
      await group.evaluate(timeMs);
      for (const { name, status } of group.rules)
        if (status.lastError !== "")
          failures.push(`    rule: ${name}, time: ${formatDuration(timeMs)}, err: ${status.lastError}`);
    }
    return failures;
  }

  #groupsOf(rules: readonly RuleFile[]): readonly RuleGroup[] {
    const { externalLabels, externalUrl, intervalMs } = this.#test;
    return rules.flatMap(({ path, text }) => {
      const { groups, errors } = readRuleFile(text, this.#features);
      if (errors.length > 0) throw new Error(errors.map((error) => `${path}: ${error}`).join("\n"));
      const settings = { file: path, defaultIntervalMs: intervalMs, shouldRestore: false };
      return groups.map(
        (group) =>
          new RuleGroup(group, settings, {
            clock: this.#clock(),
            querier: this.#storage.querier(),
            features: this.#features,
            write: async (samples) => this.#storage.write(samples),
            notify: () => {},
            report: () => {},
            externalLabels: Labels.of(externalLabels),
            externalUrl,
            inTurn: (work) => work(),
            measure: { rule: () => {}, group: () => {} },
            subqueryStepMs: this.#file.evaluationIntervalMs,
          }),
      );
    });
  }

  /** Groups that the order does not name come with the first of it. */
  #inOrder(groups: readonly RuleGroup[]): readonly RuleGroup[] {
    const placeOf = ({ name }: RuleGroup): number => Math.max(0, this.#file.groupEvalOrder.indexOf(name));
    return groups.toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  /** The time that is tested. Nothing times out. */
  #clock(): Clock {
    return { nowMs: () => this.#nowMs, after: () => () => undefined, every: () => () => undefined };
  }
}

function textOf(error: unknown): string {
  return error instanceof ClewError ? error.what : messageOf(error);
}
