/** Reads files of unit tests, strictly and with promtool's errors. */
import { ClewError, messageOf } from "@clew/base";
import { parsePrometheusDuration } from "@clew/query";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from "yaml";
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
  return new Reader(text).read();
}

class Reader {
  readonly #lines = new LineCounter();
  readonly #text: string;
  readonly #errors: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): UnitTestFile {
    const [document] = parseAllDocuments(this.#text, { lineCounter: this.#lines, version: "1.1", merge: true });
    const problem = document?.errors[0];
    if (problem !== undefined) throw new Error(`yaml: ${problem.message.split("\n")[0]}`);
    const root: unknown = document?.contents;
    const file = this.#file(isMap(root) ? root : undefined);
    if (this.#errors.length > 0) throw new Error(`yaml: unmarshal errors:\n${this.#errors.join("\n")}`);
    const repeated = file.groupEvalOrder.find((name, i) => file.groupEvalOrder.indexOf(name) < i);
    if (repeated !== undefined) throw new Error(`group name repeated in evaluation order: ${repeated}`);
    return file;
  }

  #file(root: YAMLMap | undefined): UnitTestFile {
    const node = this.#checked(root, "unitTestFile");
    const evaluationIntervalMs = this.#duration(node, "evaluation_interval") || DEFAULT_INTERVAL_MS;
    return {
      ruleFiles: this.#texts(node, "rule_files"),
      evaluationIntervalMs,
      groupEvalOrder: this.#texts(node, "group_eval_order"),
      fuzzyCompare: node?.get("fuzzy_compare") === true,
      tests: this.#maps(node, "tests").map((test) => this.#group(test, evaluationIntervalMs)),
    };
  }

  #group(map: YAMLMap, evaluationIntervalMs: number): TestGroup {
    const node = this.#checked(map, "testGroup");
    return {
      name: this.#string(node, "name"),
      intervalMs: this.#duration(node, "interval") || evaluationIntervalMs,
      startMs: this.#time(node, "start_timestamp"),
      inputSeries: this.#maps(node, "input_series").map((one) => {
        const series = this.#checked(one, "series");
        return { series: this.#string(series, "series"), values: this.#string(series, "values") };
      }),
      alertRuleTests: this.#maps(node, "alert_rule_test").map((one) => this.#alertTest(one)),
      promqlExprTests: this.#maps(node, "promql_expr_test").map((one) => this.#expressionTest(one)),
      externalLabels: this.#strings(node, "external_labels"),
      externalUrl: this.#string(node, "external_url"),
    };
  }

  #alertTest(map: YAMLMap): AlertRuleTest {
    const node = this.#checked(map, "alertTestCase");
    return {
      evalTimeMs: this.#duration(node, "eval_time"),
      alertname: this.#string(node, "alertname"),
      expAlerts: this.#maps(node, "exp_alerts").map((one) => {
        const alert = this.#checked(one, "alert");
        return { labels: this.#strings(alert, "exp_labels"), annotations: this.#strings(alert, "exp_annotations") };
      }),
    };
  }

  #expressionTest(map: YAMLMap): PromqlExprTest {
    const node = this.#checked(map, "promqlTestCase");
    return {
      expr: this.#string(node, "expr"),
      evalTimeMs: this.#duration(node, "eval_time"),
      expSamples: this.#maps(node, "exp_samples").map((one) => this.#sample(one)),
    };
  }

  #sample(map: YAMLMap): ExpectedSample {
    const node = this.#checked(map, "sample");
    return {
      labels: this.#string(node, "labels"),
      value: this.#float(node, "value"),
      histogram: this.#string(node, "histogram"),
    };
  }

  #checked(map: YAMLMap | undefined, type: keyof typeof KEYS): YAMLMap | undefined {
    const known: readonly string[] = KEYS[type].split(" ");
    for (const { key } of map?.items ?? []) {
      const name = isScalar(key) ? String(key.value) : "";
      if (!known.includes(name) && name !== "<<")
        this.#fault(key as Node, `field ${name} not found in type main.${type}`);
    }
    return map;
  }

  #maps(map: YAMLMap | undefined, key: string): readonly YAMLMap[] {
    const items = this.#items(map, key);
    for (const item of items)
      if (!isMap(item)) this.#fault(item, `cannot unmarshal ${textOf(item)} into a mapping of ${key}`);
    return items.filter((item) => isMap(item));
  }

  #texts(map: YAMLMap | undefined, key: string): readonly string[] {
    return this.#items(map, key).map((item) => (isScalar(item) ? textOf(item) : ""));
  }

  #items(map: YAMLMap | undefined, key: string): readonly Node[] {
    const found = map?.get(key, true) as Node | undefined;
    if (isNothing(found)) return [];
    if (isSeq(found)) return found.items as Node[];
    this.#fault(found, `cannot unmarshal ${textOf(found)} into a list of ${key}`);
    return [];
  }

  #strings(map: YAMLMap | undefined, key: string): Readonly<Record<string, string>> {
    const found = map?.get(key, true) as Node | undefined;
    if (isNothing(found)) return {};
    if (!isMap(found)) {
      this.#fault(found, `cannot unmarshal ${textOf(found)} into map[string]string`);
      return {};
    }
    const names = found.items.flatMap(({ key: name }) => (isScalar(name) ? [String(name.value)] : []));
    return Object.fromEntries(names.map((name) => [name, this.#string(found, name)]));
  }

  #string(map: YAMLMap | undefined, key: string): string {
    const found = map?.get(key, true) as Node | undefined;
    if (isNothing(found)) return "";
    if (isScalar(found)) return textOf(found);
    this.#fault(found, `cannot unmarshal !!${isSeq(found) ? "seq" : "map"} into string`);
    return "";
  }

  #float(map: YAMLMap | undefined, key: string): number {
    const found = map?.get(key, true) as Node | undefined;
    if (isNothing(found)) return 0;
    if (isScalar(found) && typeof found.value === "number") return found.value;
    this.#fault(found, `cannot unmarshal !!str \`${textOf(found)}\` into float64`);
    return 0;
  }

  #duration(map: YAMLMap | undefined, key: string): number {
    const text = this.#string(map, key);
    if (text === "") return 0;
    try {
      return parsePrometheusDuration(text);
    } catch (error) {
      throw new Error(error instanceof ClewError ? error.what : messageOf(error), { cause: error });
    }
  }

  /** Seconds since the epoch, or RFC 3339. */
  #time(map: YAMLMap | undefined, key: string): number {
    const text = this.#string(map, key);
    if (text === "") return 0;
    const timeMs = /^[-+]?[\d.]+(?:e[-+]?\d+)?$/i.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
    if (Number.isNaN(timeMs)) throw new Error(`cannot parse ${JSON.stringify(text)} to a valid timestamp`);
    return timeMs;
  }

  #fault(node: Node | undefined, problem: string): void {
    const line = node?.range == null ? 0 : this.#lines.linePos(node.range[0]).line;
    this.#errors.push(`  line ${line}: ${problem}`);
  }
}

function isNothing(node: Node | undefined): node is undefined {
  return node === undefined || (isScalar(node) && node.value === null);
}

/** A scalar as it is written: `1.0` stays that. */
function textOf(node: Node): string {
  if (!isScalar(node)) return "";
  return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
}
