/** Prometheus's text format, version 0.0.4: what `/metrics` of the collector and of the `prometheus` exporter print. */

export type FamilyType = "counter" | "gauge" | "histogram" | "summary";

export interface Sample {
  /** What follows the family's name: `""`, `_bucket`, `_sum`, `_count`. */
  readonly suffix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs?: number | undefined;
}

export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

/** Families in the order given; each must stand once. */
export function expositionText(families: Iterable<Family>): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of families) {
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    for (const sample of samples) lines.push(sampleLine(name, sample));
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function sampleLine(name: string, { suffix, labels, value, timestampMs }: Sample): string {
  const time = timestampMs === undefined ? "" : ` ${Math.trunc(timestampMs)}`;
  return `${name}${suffix}${labelText(labels)} ${numberText(value)}${time}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

/** As Go prints a float where it matters: `+Inf`, `-Inf`, `NaN`. */
export function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
