/** Reads files of unit tests, strictly and with promtool's errors. */
import { StrictYaml, type YamlMap } from "../file/strict-yaml.ts";
import type { AlertRuleTest, ExpectedSample, PromqlExprTest, TestGroup, UnitTestFile } from "./unit-test-file.ts";

const DEFAULT_INTERVAL_MS = 60_000;

/** The keys of each part, by the name that its Go type has in errors. */
const KEYS = {
  unitTestFile: "rule_files evaluation_interval group_eval_order tests fuzzy_compare",
  testGroup: "interval input_series alert_rule_test promql_expr_test external_labels external_url name start_timestamp",
  series: "series values",
  alertTestCase: "eval_time alertname exp_alerts",
  alert: "exp_labels exp_annotations",
  promqlTestCase: "expr eval_time exp_samples",
  sample: "labels value histogram",
} as const;

/** Throws an `Error` with everything that is wrong, in promtool's words. */
export function readUnitTestFile(text: string): UnitTestFile {
  const yaml = new StrictYaml(text);
  const file = new Reader(yaml).read();
  yaml.finish();
  const repeated = file.groupEvalOrder.find((name, i) => file.groupEvalOrder.indexOf(name) < i);
  if (repeated !== undefined) throw new Error(`group name repeated in evaluation order: ${repeated}`);
  return file;
}

class Reader {
  readonly #yaml: StrictYaml;

  constructor(yaml: StrictYaml) {
    this.#yaml = yaml;
  }

  read(): UnitTestFile {
    const yaml = this.#yaml;
    const node = this.#checked(yaml.root, "unitTestFile");
    const evaluationIntervalMs = yaml.duration(node, "evaluation_interval") || DEFAULT_INTERVAL_MS;
    return {
      ruleFiles: yaml.texts(node, "rule_files"),
      evaluationIntervalMs,
      groupEvalOrder: yaml.texts(node, "group_eval_order"),
      fuzzyCompare: yaml.boolean(node, "fuzzy_compare", false),
      tests: yaml.maps(node, "tests").map((test) => this.#group(test, evaluationIntervalMs)),
    };
  }

  #group(map: YamlMap, evaluationIntervalMs: number): TestGroup {
    const yaml = this.#yaml;
    const node = this.#checked(map, "testGroup");
    return {
      name: yaml.string(node, "name"),
      intervalMs: yaml.duration(node, "interval") || evaluationIntervalMs,
      startMs: timeOf(yaml.string(node, "start_timestamp")),
      inputSeries: yaml.maps(node, "input_series").map((one) => {
        const series = this.#checked(one, "series");
        return { series: yaml.string(series, "series"), values: yaml.string(series, "values") };
      }),
      alertRuleTests: yaml.maps(node, "alert_rule_test").map((one) => this.#alertTest(one)),
      promqlExprTests: yaml.maps(node, "promql_expr_test").map((one) => this.#expressionTest(one)),
      externalLabels: yaml.strings(node, "external_labels"),
      externalUrl: yaml.string(node, "external_url"),
    };
  }

  #alertTest(map: YamlMap): AlertRuleTest {
    const yaml = this.#yaml;
    const node = this.#checked(map, "alertTestCase");
    return {
      evalTimeMs: yaml.duration(node, "eval_time") ?? 0,
      alertname: yaml.string(node, "alertname"),
      expAlerts: yaml.maps(node, "exp_alerts").map((one) => {
        const alert = this.#checked(one, "alert");
        return { labels: yaml.strings(alert, "exp_labels"), annotations: yaml.strings(alert, "exp_annotations") };
      }),
    };
  }

  #expressionTest(map: YamlMap): PromqlExprTest {
    const yaml = this.#yaml;
    const node = this.#checked(map, "promqlTestCase");
    return {
      expr: yaml.string(node, "expr"),
      evalTimeMs: yaml.duration(node, "eval_time") ?? 0,
      expSamples: yaml.maps(node, "exp_samples").map((one) => this.#sample(one)),
    };
  }

  #sample(map: YamlMap): ExpectedSample {
    const yaml = this.#yaml;
    const node = this.#checked(map, "sample");
    return {
      labels: yaml.string(node, "labels"),
      value: yaml.float(node, "value"),
      histogram: yaml.string(node, "histogram"),
    };
  }

  #checked(map: YamlMap, type: keyof typeof KEYS): YamlMap {
    return this.#yaml.checked(map, KEYS[type], `main.${type}`);
  }
}

/** Milliseconds of seconds since the epoch, or of RFC 3339. */
function timeOf(text: string): number {
  if (text === "") return 0;
  const timeMs = /^[-+]?[\d.]+(?:e[-+]?\d+)?$/i.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (Number.isNaN(timeMs)) throw new Error(`cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return timeMs;
}
