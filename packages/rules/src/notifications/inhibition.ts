/** Alerts that say nothing while a graver one fires. */
import { type Labels, labelsTest } from "@clew/query";
import type { InhibitRule } from "./config/alertmanager-config.ts";

export interface FiringAlert {
  readonly labels: Labels;
}

/** A test whether an alert is inhibited by any of those that fire now. */
export function inhibitionTest(
  rules: readonly InhibitRule[],
  firing: readonly FiringAlert[],
): (labels: Labels) => boolean {
  const tests = rules.map(({ sourceMatchers, targetMatchers, equal }) => {
    const isSource = labelsTest(sourceMatchers);
    const isTarget = labelsTest(targetMatchers);
    const sources = firing.filter(({ labels }) => isSource(labels));
    return (labels: Labels): boolean =>
      isTarget(labels) &&
      sources.some(
        (source) =>
          equal.every((name) => source.labels.get(name) === labels.get(name)) &&
          // What is source and target at once cannot inhibit its like, and so not itself.
          !(isSource(labels) && isTarget(source.labels)),
      );
  });
  return (labels) => tests.some((isInhibited) => isInhibited(labels));
}
