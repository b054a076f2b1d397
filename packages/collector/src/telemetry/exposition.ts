/** Prometheus's text formats: what `/metrics` of the collector and of the `prometheus` exporter print. */

export type FamilyType = "counter" | "gauge" | "histogram" | "summary" | "unknown";

/** An example of what a sample counted, with the trace that it was part of. Only OpenMetrics has them. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs: number;
}

export interface Sample {
  /** What follows the family's name: `""`, `_bucket`, `_sum`, `_count`. */
  readonly suffix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs?: number | undefined;
  readonly exemplar?: Exemplar | undefined;
}

export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

/** The text format 0.0.4. Families in the order given; each must stand once. */
export function expositionText(families: Iterable<Family>): string {
  let text = "";
  for (const { name, type, help, samples } of families) {
    const shown = nameText(name);
    text += `# HELP ${shown} ${escapeHelp(help)}\n# TYPE ${shown} ${type === "unknown" ? "untyped" : type}\n`;
    for (const { suffix, labels, value, timestampMs } of samples) {
      const time = timestampMs === undefined ? "" : ` ${Math.trunc(timestampMs)}`;
      text += `${seriesText(name + suffix, labels)} ${numberText(value)}${time}\n`;
    }
  }
  return text;
}

/** OpenMetrics 1.0: counters lose `_total` in their family's name, times are in seconds, exemplars are there. */
export function openMetricsText(families: Iterable<Family>): string {
  let text = "";
  for (const { name, type, help, samples } of families) {
    const isCounter = type === "counter" && name.endsWith("_total");
    const family = isCounter ? name.slice(0, -"_total".length) : name;
    // A counter must end in _total; one that does not is of a type that we cannot say.
    const shownType = type === "counter" && !isCounter ? "unknown" : type;
    const shown = nameText(family);
    text += `# HELP ${shown} ${escapeLabel(help)}\n# TYPE ${shown} ${shownType}\n`;
    for (const { suffix, labels, value, timestampMs, exemplar } of samples) {
      const time = timestampMs === undefined ? "" : ` ${timestampMs / 1_000}`;
      text += `${seriesText(name + suffix, labels)} ${numberText(value)}${time}${exemplarText(exemplar)}\n`;
    }
  }
  return `${text}# EOF\n`;
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return "";
  const { labels, value, timestampMs } = exemplar;
  return ` # {${labelTexts(labels).join(",")}} ${numberText(value)} ${timestampMs / 1_000}`;
}

/** A name that Prometheus did not know before version 3 stands in quotes, and inside the braces. */
function seriesText(name: string, labels: Readonly<Record<string, string>>): string {
  const texts = labelTexts(labels);
  if (!isPlainMetricName(name)) return `{${[nameText(name), ...texts].join(",")}}`;
  return texts.length === 0 ? name : `${name}{${texts.join(",")}}`;
}

function labelTexts(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([name, value]) => {
    const shown = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoted(name);
    return `${shown}=${quoted(value)}`;
  });
}

function nameText(name: string): string {
  return isPlainMetricName(name) ? name : quoted(name);
}

function isPlainMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

function quoted(text: string): string {
  return `"${escapeLabel(text)}"`;
}

/** As Go prints a float where it matters: `+Inf`, `-Inf`, `NaN`. */
function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
