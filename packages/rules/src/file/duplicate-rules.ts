import { Labels } from "@clew/query";
import type { RuleGroupConfig } from "./rule-file.ts";

/** Rules of one name with the same labels, each once, sorted: what one writes the other may write over. */
export function duplicateRules(groups: readonly RuleGroupConfig[]): readonly { name: string; labels: Labels }[] {
  const seen = new Set<string>();
  const duplicates = new Map<string, { name: string; labels: Labels }>();
  for (const group of groups) {
    for (const rule of group.rules) {
      const labels = Labels.of({ ...group.labels, ...rule.labels });
      const key = JSON.stringify([rule.name, labels.key]);
      if (seen.has(key)) duplicates.set(key, { name: rule.name, labels });
      seen.add(key);
    }
  }
  return [...duplicates.values()].sort((a, b) => compareTexts(a.name, b.name) || a.labels.compare(b.labels));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
