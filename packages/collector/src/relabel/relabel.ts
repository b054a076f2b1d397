/** Prometheus's relabelling: rules that change, keep or drop a label set, one after the other. */
import { createHash } from "node:crypto";
import type { Labels } from "./labels.ts";
import type { RelabelConfig } from "./relabel-config.ts";

/** The labels after all rules, or undefined where one dropped them. `labels` stays as it is. */
export function relabel(labels: Labels, rules: readonly RelabelConfig[]): Labels | undefined {
  if (rules.length === 0) return labels;
  const changed = new Map(labels);
  for (const rule of rules) if (!apply(rule, changed)) return undefined;
  return changed;
}

/** False where the rule drops the labels. */
function apply(rule: RelabelConfig, labels: Map<string, string>): boolean {
  const value = rule.source_labels.map((name) => labels.get(name) ?? "").join(rule.separator);
  const target = labels.get(rule.target_label) ?? "";
  switch (rule.action) {
    case "keep":
      return rule.regex.test(value);
    case "drop":
      return !rule.regex.test(value);
    case "keepequal":
      return target === value;
    case "dropequal":
      return target !== value;
    case "replace":
      replace(rule, value, labels);
      return true;
    case "lowercase":
      setLabel(labels, rule.target_label, value.toLowerCase());
      return true;
    case "uppercase":
      setLabel(labels, rule.target_label, value.toUpperCase());
      return true;
    case "hashmod":
      setLabel(labels, rule.target_label, hashModulo(value, rule.modulus));
      return true;
    default:
      renameOrRemove(rule, labels);
      return true;
  }
}

function replace(rule: RelabelConfig, value: string, labels: Map<string, string>): void {
  const match = rule.regex.exec(value);
  if (match === null) return;
  const name = expand(rule.target_label, match);
  if (name !== "") setLabel(labels, name, expand(rule.replacement, match));
}

function renameOrRemove({ action, regex, replacement }: RelabelConfig, labels: Map<string, string>): void {
  // What labelmap adds is not gone through again.
  for (const [name, value] of new Map(labels)) {
    const match = regex.exec(name);
    if (action === "labelmap" && match !== null) setLabel(labels, expand(replacement, match), value);
    if (action === "labeldrop" && match !== null) labels.delete(name);
    if (action === "labelkeep" && match === null) labels.delete(name);
  }
}

/** An empty value is no label. */
function setLabel(labels: Map<string, string>, name: string, value: string): void {
  if (value === "") labels.delete(name);
  else labels.set(name, value);
}

/** The last eight bytes of the MD5 sum, as Prometheus has it. */
function hashModulo(value: string, modulus: number): string {
  const sum = createHash("md5").update(value).digest().readBigUInt64BE(8);
  return String(sum % BigInt(modulus));
}

/** Go's templates: `$1`, `${1}`, `$name`, `${name}`, `$$`. What does not exist is empty. */
function expand(template: string, match: RegExpExecArray): string {
  if (!template.includes("$")) return template;
  return template.replaceAll(
    /\$(?:\$|(\w+)|\{(\w+)\})/g,
    (whole, bare: string | undefined, braced: string | undefined) => {
      const name = bare ?? braced;
      if (name === undefined) return "$";
      return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? "";
    },
  );
}
