/** Reads rule files, with the errors of Prometheus's `rulefmt`. */
import { ClewError, messageOf } from "@clew/base";
import { canonicalQuery, type SyntaxFeatures } from "@clew/query";
import { Template } from "../template/template.ts";
import type { RuleConfig, RuleGroupConfig } from "./rule-file.ts";
import { StrictYaml, type YamlMap } from "./strict-yaml.ts";

const GROUP_KEYS = "name interval query_offset limit rules labels";
const RULE_KEYS = "record alert expr for keep_firing_for labels annotations";
/** A lone half of a surrogate pair is no text. */
const LONE_SURROGATE = /\p{Cs}/u;

export interface RuleFileReading {
  readonly groups: readonly RuleGroupConfig[];
  /** Everything that is wrong, in Prometheus's words; the groups are to be used only where this is empty. */
  readonly errors: readonly string[];
}

/** Never throws. Only the first document of a file counts. `features`: what expressions may have beside what is stable. */
export function readRuleFile(text: string, features: SyntaxFeatures): RuleFileReading {
  try {
    return new Reader(text, features).read();
  } catch (error) {
    return { groups: [], errors: [messageOf(error)] };
  }
}

class Reader {
  readonly #yaml: StrictYaml;
  readonly #features: SyntaxFeatures;
  readonly #errors: string[] = [];

  /** Throws where the text is no YAML. */
  constructor(text: string, features: SyntaxFeatures) {
    this.#features = features;
    this.#yaml = new StrictYaml(text, (line, problem) => void this.#errors.push(`yaml: line ${line}: ${problem}`));
  }

  read(): RuleFileReading {
    const root = this.#yaml.checked(this.#yaml.root, "groups", "rulefmt.RuleGroups");
    const nodes = this.#yaml.maps(root, "groups");
    const groups = nodes.map((node) => this.#group(node));
    this.#checkGroupNames(nodes, groups);
    return { groups, errors: this.#errors };
  }

  #group(map: YamlMap): RuleGroupConfig {
    const yaml = this.#yaml;
    const node = yaml.checked(map, GROUP_KEYS, "rulefmt.RuleGroup");
    const name = yaml.string(node, "name");
    const labels = yaml.strings(node, "labels");
    for (const problem of labelProblems(labels)) this.#errors.push(problem);
    return {
      name,
      intervalMs: this.#duration(node, "interval") || undefined,
      queryOffsetMs: this.#duration(node, "query_offset"),
      limit: yaml.integer(node, "limit"),
      labels,
      rules: yaml.maps(node, "rules").map((rule, i) => this.#rule(rule, name, i + 1)),
    };
  }

  #rule(map: YamlMap, group: string, number: number): RuleConfig {
    const yaml = this.#yaml;
    const node = yaml.checked(map, RULE_KEYS, "rulefmt.Rule");
    const record = yaml.string(node, "record");
    const alert = yaml.string(node, "alert");
    const rule: RuleConfig = {
      kind: record === "" ? "alerting" : "recording",
      name: alert === "" ? record : alert,
      expr: yaml.string(node, "expr"),
      forMs: this.#duration(node, "for") ?? 0,
      keepFiringForMs: this.#duration(node, "keep_firing_for") ?? 0,
      labels: yaml.strings(node, "labels"),
      annotations: yaml.strings(node, "annotations"),
    };
    const fault = (problem: string, ...places: readonly string[]): void => {
      const where = places.map((key) => `${yaml.placeOf(node, key)}: `).join("");
      this.#errors.push(
        `${where}group ${JSON.stringify(group)}, rule ${number}, ${JSON.stringify(rule.name)}: ${problem}`,
      );
    };
    if (record !== "" && alert !== "") fault("only one of 'record' and 'alert' must be set", "record", "alert");
    if (record === "" && alert === "") fault("one of 'record' or 'alert' must be set", "record", "alert");
    const expression = expressionProblem(rule.expr, this.#features);
    if (expression !== undefined) fault(expression, "expr");
    if (record !== "") recordingProblems(rule, record).forEach((problem) => fault(problem, "record"));
    for (const problem of [...labelProblems(rule.labels), ...annotationProblems(rule.annotations)]) fault(problem);
    if (alert !== "") templateProblems(alert, rule).forEach((problem) => fault(problem));
    return rule;
  }

  #checkGroupNames(nodes: readonly YamlMap[], groups: readonly RuleGroupConfig[]): void {
    const seen = new Set<string>();
    groups.forEach(({ name }, i) => {
      const place = this.#yaml.place(nodes[i]);
      if (name === "") this.#errors.push(`${place}: Groupname must not be empty`);
      if (seen.has(name)) this.#errors.push(`${place}: groupname: "${name}" is repeated in the same file`);
      seen.add(name);
    });
  }

  #duration(node: YamlMap, key: string): number | undefined {
    try {
      return this.#yaml.duration(node, key);
    } catch (error) {
      this.#errors.push(messageOf(error));
      return undefined;
    }
  }
}

function expressionProblem(expr: string, features: SyntaxFeatures): string | undefined {
  if (expr === "") return "field 'expr' must be set in rule";
  try {
    canonicalQuery(expr, features);
    return undefined;
  } catch (error) {
    return `could not parse expression: ${error instanceof ClewError ? error.what : messageOf(error)}`;
  }
}

function recordingProblems({ annotations, forMs, keepFiringForMs }: RuleConfig, record: string): readonly string[] {
  const problems: string[] = [];
  if (Object.keys(annotations).length > 0) problems.push("invalid field 'annotations' in recording rule");
  if (forMs !== 0) problems.push("invalid field 'for' in recording rule");
  if (keepFiringForMs !== 0) problems.push("invalid field 'keep_firing_for' in recording rule");
  if (LONE_SURROGATE.test(record)) problems.push(`invalid recording rule name: ${record}`);
  if (/[{}]/.test(record)) problems.push(`braces present in the recording rule name; should it be in expr?: ${record}`);
  return problems;
}

function labelProblems(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).flatMap(([name, value]) => [
    ...(isLabelName(name) && name !== "__name__" ? [] : [`invalid label name: ${name}`]),
    ...(LONE_SURROGATE.test(value) ? [`invalid label value: ${value}`] : []),
  ]);
}

function annotationProblems(annotations: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(annotations).flatMap((name) => (isLabelName(name) ? [] : [`invalid annotation name: ${name}`]));
}

/** Any text will do since Prometheus 3, but none will not. */
function isLabelName(name: string): boolean {
  return name !== "" && !LONE_SURROGATE.test(name);
}

function templateProblems(alert: string, { labels, annotations }: RuleConfig): readonly string[] {
  const problems = (kind: string, texts: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(texts).flatMap(([name, text]) => {
      try {
        Template.forAlert(alert, text);
        return [];
      } catch (error) {
        return [`${kind} ${JSON.stringify(name)}: ${messageOf(error)}`];
      }
    });
  return [...problems("label", labels), ...problems("annotation", annotations)];
}
