/**
 * A file of unit tests for rules, as it is written.
 *
 * https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
 */
export interface UnitTestFile {
  readonly ruleFiles: readonly string[];
  readonly evaluationIntervalMs: number;
  readonly groupEvalOrder: readonly string[];
  readonly fuzzyCompare: boolean;
  readonly tests: readonly TestGroup[];
}

export interface TestGroup {
  readonly name: string;
  /** The distance of the input series' samples. */
  readonly intervalMs: number;
  readonly startMs: number;
  readonly inputSeries: readonly { readonly series: string; readonly values: string }[];
  readonly alertRuleTests: readonly AlertRuleTest[];
  readonly promqlExprTests: readonly PromqlExprTest[];
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
}

export interface AlertRuleTest {
  readonly evalTimeMs: number;
  readonly alertname: string;
  readonly expAlerts: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

export interface PromqlExprTest {
  readonly expr: string;
  readonly evalTimeMs: number;
  readonly expSamples: readonly ExpectedSample[];
}

export interface ExpectedSample {
  readonly labels: string;
  readonly value: number;
  /** As a series' value is described; empty for a float. */
  readonly histogram: string;
}
