/** Severities, as OpenTelemetry numbers them: 1–4 trace, 5–8 debug, and so on; 0 where none is told. */
export type SeverityName = "unspecified" | "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export interface Severity {
  readonly name: SeverityName;
  /** The least number; what `severity` in a search stands for. */
  readonly from: number;
  /** Told apart by this and not by colour alone. */
  readonly letter: string;
  /** A CSS colour that follows the theme. */
  readonly colour: string;
}

const UNSPECIFIED: Severity = { name: "unspecified", from: 0, letter: "–", colour: "var(--line-strong)" };

export const SEVERITIES: readonly Severity[] = [
  UNSPECIFIED,
  { name: "trace", from: 1, letter: "T", colour: "color-mix(in oklch, var(--faint) 55%, var(--surface))" },
  { name: "debug", from: 5, letter: "D", colour: "var(--faint)" },
  { name: "info", from: 9, letter: "I", colour: "color-mix(in oklch, var(--accent) 62%, var(--surface))" },
  { name: "warn", from: 13, letter: "W", colour: "var(--warning)" },
  { name: "error", from: 17, letter: "E", colour: "var(--error)" },
  { name: "fatal", from: 21, letter: "F", colour: "color-mix(in oklch, var(--error) 70%, var(--text))" },
];

export function severityOf(number: number): Severity {
  return SEVERITIES.findLast(({ from }) => from <= number) ?? UNSPECIFIED;
}
