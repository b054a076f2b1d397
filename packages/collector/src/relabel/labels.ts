/** A label set, names to values. `__name__` is the metric's name. */
export type Labels = ReadonlyMap<string, string>;

export const METRIC_NAME = "__name__";

/** Names in order, so that the same set has the same text. */
export function labelsText(labels: Labels): string {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}
