/** Reads rule files, with the errors of Prometheus's `rulefmt`. */
import { ClewError, messageOf } from "@clew/base";
import { formatQuery, parsePrometheusDuration } from "@clew/query";
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from "yaml";
import { Template } from "../template/template.ts";
import type { RuleConfig, RuleGroupConfig } from "./rule-file.ts";
import { isMergeKey, keysOf, nodeOf, resolved } from "./yaml-node.ts";

const GROUP_KEYS: ReadonlySet<string> = new Set("name interval query_offset limit rules labels".split(" "));
const RULE_KEYS: ReadonlySet<string> = new Set("record alert expr for keep_firing_for labels annotations".split(" "));
/** A lone half of a surrogate pair is no text. */
const LONE_SURROGATE = /\p{Cs}/u;

export interface RuleFileReading {
  readonly groups: readonly RuleGroupConfig[];
  /** Everything that is wrong, in Prometheus's words; the groups are to be used only where this is empty. */
  readonly errors: readonly string[];
}

/** Never throws. Only the first document of a file counts. */
export function readRuleFile(text: string): RuleFileReading {
  return new Reader(text).read();
}

type Place = Node | null | undefined;

class Reader {
  readonly #lines = new LineCounter();
  readonly #text: string;
  readonly #errors: string[] = [];
  #document: Document | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  read(): RuleFileReading {
    const [document] = parseAllDocuments(this.#text, { lineCounter: this.#lines, version: "1.1", merge: true });
    const problem = document?.errors[0];
    if (problem !== undefined) return { groups: [], errors: [`yaml: ${problem.message.split("\n")[0]}`] };
    this.#document = document;
    const root: unknown = document?.contents;
    if (document === undefined || root === null || root === undefined) return { groups: [], errors: [] };
    if (!isMap(root)) return { groups: [], errors: ["yaml: the file is not a mapping"] };
    this.#checkKeys(root, new Set(["groups"]), "rulefmt.RuleGroups");
    const groups = this.#list(root, "groups").map((node) => this.#group(node));
    this.#checkGroupNames(root, groups);
    return { groups, errors: this.#errors };
  }

  #group(node: YAMLMap): RuleGroupConfig {
    this.#checkKeys(node, GROUP_KEYS, "rulefmt.RuleGroup");
    const name = this.#string(node, "name");
    const labels = this.#strings(node, "labels");
    for (const problem of labelProblems(labels)) this.#errors.push(problem);
    return {
      name,
      intervalMs: this.#duration(node, "interval") || undefined,
      queryOffsetMs: this.#duration(node, "query_offset"),
      limit: this.#limit(node),
      labels,
      rules: this.#list(node, "rules").map((rule, i) => this.#rule(rule, name, i + 1)),
    };
  }

  #rule(node: YAMLMap, group: string, number: number): RuleConfig {
    this.#checkKeys(node, RULE_KEYS, "rulefmt.Rule");
    const record = this.#string(node, "record");
    const alert = this.#string(node, "alert");
    const rule: RuleConfig = {
      kind: record === "" ? "alerting" : "recording",
      name: alert === "" ? record : alert,
      expr: this.#string(node, "expr"),
      forMs: this.#duration(node, "for") ?? 0,
      keepFiringForMs: this.#duration(node, "keep_firing_for") ?? 0,
      labels: this.#strings(node, "labels"),
      annotations: this.#strings(node, "annotations"),
    };
    const fault = (problem: string, ...places: readonly string[]): void => {
      const where = places.map((key) => `${this.#placeOf(node.get(key, true) as Place)}: `).join("");
      this.#errors.push(
        `${where}group ${JSON.stringify(group)}, rule ${number}, ${JSON.stringify(rule.name)}: ${problem}`,
      );
    };
    if (record !== "" && alert !== "") fault("only one of 'record' and 'alert' must be set", "record", "alert");
    if (record === "" && alert === "") fault("one of 'record' or 'alert' must be set", "record", "alert");
    const expression = expressionProblem(rule.expr);
    if (expression !== undefined) fault(expression, "expr");
    if (record !== "") recordingProblems(rule, record).forEach((problem) => fault(problem, "record"));
    for (const problem of [...labelProblems(rule.labels), ...annotationProblems(rule.annotations)]) fault(problem);
    if (alert !== "") templateProblems(alert, rule).forEach((problem) => fault(problem));
    return rule;
  }

  #checkGroupNames(root: YAMLMap, groups: readonly RuleGroupConfig[]): void {
    const nodes = this.#list(root, "groups");
    const seen = new Set<string>();
    groups.forEach(({ name }, i) => {
      const place = this.#placeOf(nodes[i]);
      if (name === "") this.#errors.push(`${place}: Groupname must not be empty`);
      if (seen.has(name)) this.#errors.push(`${place}: groupname: "${name}" is repeated in the same file`);
      seen.add(name);
    });
  }

  #checkKeys(node: YAMLMap, known: ReadonlySet<string>, type: string): void {
    for (const { key } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      if (!known.has(name) && !isMergeKey(key))
        this.#errors.push(`yaml: line ${this.#lineOf(key as Place)}: field ${name} not found in type ${type}`);
    }
  }

  #list(node: YAMLMap, key: string): readonly YAMLMap[] {
    const found = this.#value(node, key);
    if (found === undefined || (isScalar(found) && found.value === null)) return [];
    const items: readonly unknown[] = isSeq(found) ? found.items.map((item) => this.#resolved(item as Node)) : [found];
    const wrong = isSeq(found) ? items.find((one) => !isMap(one)) : found;
    if (wrong !== undefined)
      this.#errors.push(`yaml: line ${this.#lineOf(wrong as Place)}: ${key} has to be a list of mappings`);
    return items.filter(isMap);
  }

  #string(node: YAMLMap, key: string): string {
    const found = this.#value(node, key);
    if (found === undefined) return "";
    if (!isScalar(found)) {
      this.#errors.push(`yaml: line ${this.#lineOf(found as Place)}: cannot unmarshal ${key} into string`);
      return "";
    }
    return found.value === null ? "" : typeof found.value === "string" ? found.value : (found.source ?? "");
  }

  #strings(node: YAMLMap, key: string): Readonly<Record<string, string>> {
    const found = this.#value(node, key);
    if (found === undefined || (isScalar(found) && found.value === null)) return {};
    if (!isMap(found)) {
      this.#errors.push(`yaml: line ${this.#lineOf(found as Place)}: cannot unmarshal ${key} into map[string]string`);
      return {};
    }
    const names = this.#document === undefined ? [] : keysOf(this.#document, found);
    return Object.fromEntries(names.map((name) => [name, this.#string(found, name)]));
  }

  #value(node: YAMLMap, key: string): Node | undefined {
    return this.#document === undefined ? undefined : nodeOf(this.#document, node, key);
  }

  #resolved(node: Node): Node | undefined {
    return this.#document === undefined ? node : resolved(this.#document, node);
  }

  #duration(node: YAMLMap, key: string): number | undefined {
    const text = this.#string(node, key);
    if (text === "") return undefined;
    try {
      return parsePrometheusDuration(text);
    } catch (error) {
      this.#errors.push(error instanceof ClewError ? error.what : messageOf(error));
      return undefined;
    }
  }

  #limit(node: YAMLMap): number {
    const text = this.#string(node, "limit");
    if (/^-?\d*$/.test(text)) return Number(text);
    this.#errors.push(`yaml: line ${this.#lineOf(node.get("limit", true))}: cannot unmarshal ${text} into int`);
    return 0;
  }

  #placeOf(node: Place): string {
    if (node?.range == null) return "0:0";
    const { line, col } = this.#lines.linePos(node.range[0]);
    return `${line}:${col}`;
  }

  #lineOf(node: Place): number {
    return node?.range == null ? 0 : this.#lines.linePos(node.range[0]).line;
  }
}

function expressionProblem(expr: string): string | undefined {
  if (expr === "") return "field 'expr' must be set in rule";
  try {
    formatQuery(expr);
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
