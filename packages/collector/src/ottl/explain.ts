/** Tells what became of each statement and condition of components. */
import type { Component } from "../component.ts";
import type { Meter } from "../telemetry/meter.ts";
import type { Outcome } from "./statement.ts";

/** A component that runs statements or conditions. */
export interface Explained {
  /** Each of them, in the order of the configuration, with its counts since the start. */
  explain(): readonly Outcome[];
}

/** A component in a running collector. */
export interface PlacedComponent {
  readonly id: string;
  /** The pipeline it stands in; for a connector, the signals it goes between. */
  readonly place: string;
  readonly component: Component;
}

/** What became of a component's statements; undefined where it has none. */
export function explainOttl(component: Component & Partial<Explained>): readonly Outcome[] | undefined {
  const outcomes = component.explain?.();
  return outcomes?.length === 0 ? undefined : outcomes;
}

const COUNTS = {
  evaluated: "Number of records that a statement or condition was evaluated for.",
  matched: "Number of records for which the condition held.",
  changed: "Number of records that the statement changed.",
  errors: "Number of records for which a statement or condition failed.",
} as const;
const NAMES = Object.keys(COUNTS) as (keyof typeof COUNTS)[];

/** Shows the counts as metrics of the collector, a series for each text. The returned function ends them. */
export function observeStatements(meter: Meter, components: readonly PlacedComponent[]): () => void {
  const ends = components.flatMap(({ id, place, component }) =>
    (explainOttl(component) ?? []).flatMap(({ text }, i) =>
      NAMES.map((name) => {
        const labels = { component: id, place, index: String(i), statement: text };
        const read = (): number => explainOttl(component)?.[i]?.[name] ?? 0;
        return meter.observedCounter(`otelcol_ottl_statement_${name}`, COUNTS[name], labels, read);
      }),
    ),
  );
  return () => {
    for (const end of ends) end();
  };
}

/** The same as a table for each component; empty where none runs statements. */
export function statementsText(components: readonly PlacedComponent[]): string {
  const tables = components.flatMap(({ id, place, component }) => {
    const outcomes = explainOttl(component);
    if (outcomes === undefined) return [];
    const rows = outcomes.map((outcome) => [...NAMES.map((name) => String(outcome[name])), outcome.text]);
    return [`${id} (${place})\n${[[...NAMES, ""], ...rows].map((cells) => lineOf(cells)).join("")}`];
  });
  return tables.join("\n");
}

function lineOf(cells: readonly string[]): string {
  const counts = cells.slice(0, NAMES.length).map((cell) => cell.padStart(10));
  return `${counts.join("")}  ${cells.at(-1) ?? ""}`.trimEnd() + "\n";
}
