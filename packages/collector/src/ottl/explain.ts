/** Tells what became of each statement and condition of a component. */
import type { Component, Settings } from "../component.ts";
import type { Outcome } from "./statement.ts";

/** A component that runs statements or conditions. */
export interface Explained {
  /** Each of them, in the order of the configuration, with its counts since the start. */
  explain(): readonly Outcome[];
}

/** What became of a component's statements; undefined where it has none. */
export function explainOttl(component: Component & Partial<Explained>): readonly Outcome[] | undefined {
  return component.explain?.();
}

const COUNTS = {
  evaluated: "Number of records that a statement or condition was evaluated for.",
  matched: "Number of records for which the condition held.",
  changed: "Number of records that the statement changed.",
  errors: "Number of records for which a statement or condition failed.",
} as const;

/** Shows the same as metrics of the collector, one series for each text. The returned function ends them. */
export function observeOutcomes({ meter, id }: Settings, explained: Explained): () => void {
  const ends = explained
    .explain()
    .flatMap(({ text }, i) =>
      (Object.keys(COUNTS) as (keyof typeof COUNTS)[]).map((name) =>
        meter.observedCounter(
          `otelcol_ottl_statement_${name}`,
          COUNTS[name],
          { component: id, index: String(i), statement: text },
          () => explained.explain()[i]?.[name] ?? 0,
        ),
      ),
    );
  return () => {
    for (const end of ends) end();
  };
}
