/** What promtool prints of expected and found alerts and samples. */
import { histogramDescription, Labels, type NativeHistogram } from "@clew/query";

export interface FoundSample {
  readonly labels: Labels;
  readonly value: number;
  readonly histogram: NativeHistogram | undefined;
}

/** Labels and annotations as text, which is what alerts are compared by. */
export interface AlertText {
  readonly labels: string;
  readonly annotations: string;
}

/** `{a="b", c="d"}`, sorted by name; empty values are shown, too. */
export function pairsText(pairs: Iterable<readonly [string, string]>): string {
  const texts = [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) =>
      value === ""
        ? `${name}=""`
        : Labels.of({ [name]: value })
            .toString()
            .slice(1, -1),
    );
  return `{${texts.join(", ")}}`;
}

export function alertsText(alerts: readonly AlertText[]): string {
  if (alerts.length === 0) return "[]";
  const texts = alerts.map(
    ({ labels, annotations }, i) => `${i}:${indented(`\nLabels:${labels}\nAnnotations:${annotations}`, "  ")}`,
  );
  return `[\n${texts.join(",\n")}\n]`;
}

/** Every line but the first one. */
export function indented(text: string, indent: string): string {
  return text.replaceAll("\n", `\n${indent}`);
}

export function samplesText(samples: readonly FoundSample[]): string {
  return samples.length === 0 ? "nil" : samples.map(sampleText).join(", ");
}

function sampleText({ labels, value, histogram }: FoundSample): string {
  return `${labels.toString()} ${histogram === undefined ? scientificText(value) : histogramDescription(histogram)}`;
}

/** A float as Go's `'E', -1` writes it: `1.5E+03`. */
function scientificText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const text = Object.is(value, -0) ? "-0e+0" : value.toExponential();
  return text.replace(/e([-+])(\d)$/, "e$10$2").toUpperCase();
}
