/** Alerts that say nothing while a graver one fires. */
import { type Labels, labelsTest } from "@clew/query";
import type { InhibitRule } from "./config/alertmanager-config.ts";

/** Finds, of those that fire now, an alert that inhibits another by its labels; undefined where none does. */
export function inhibitionBy(
  rules: readonly InhibitRule[],
  firing: readonly Labels[],
): (labels: Labels) => Labels | undefined {
  const prepared = rules.map(({ sourceMatchers, targetMatchers, equal }) => {
    const isSource = labelsTest(sourceMatchers);
    return { isSource, isTarget: labelsTest(targetMatchers), equal, sources: firing.filter(isSource) };
  });
  return (labels) => {
    for (const { isSource, isTarget, equal, sources } of prepared) {
      if (!isTarget(labels)) continue;
      // What is source and target at once cannot inhibit its like, and so not itself.
      const isBoth = isSource(labels);
      const found = sources.find(
        (source) => equal.every((name) => source.get(name) === labels.get(name)) && !(isBoth && isTarget(source)),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
