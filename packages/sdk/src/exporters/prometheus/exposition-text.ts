/** Writes families in Prometheus's text format 0.0.4, or as OpenMetrics 1.0. */
import { escapedName, type Escaping, isLegacyName, type Negotiated } from "@clew/otlp/prometheus";
import type { Label, MetricFamily, Sample } from "./metric-family.ts";

export function expositionText(
  families: readonly MetricFamily[],
  { format, escaping }: Pick<Negotiated, "format" | "escaping">,
): string {
  const isOpenMetrics = format === "openmetrics";
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap((family) => (isOpenMetrics ? openMetricsLines(family, escaping) : textLines(family, escaping)));
  if (isOpenMetrics) lines.push("# EOF");
  return lines.map((line) => `${line}\n`).join("");
}

function textLines({ name, type, help, samples }: MetricFamily, escaping: Escaping): string[] {
  const escaped = escapedName(name, escaping, false);
  const shown = quotedIfNeeded(escaped);
  return [
    ...(help === "" ? [] : [`# HELP ${shown} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`]),
    // The format has no type for information.
    `# TYPE ${shown} ${type === "info" ? "gauge" : type}`,
    ...samples.map((sample) => {
      const series = seriesText(escaped + sample.suffix, sample.labels, escaping, numberText);
      const time = sample.timestampMs === undefined ? "" : ` ${sample.timestampMs}`;
      return `${series} ${numberText(sample.value)}${time}`;
    }),
  ];
}

/** Counters and information have their suffix at the sample, not in the name of the family. */
function openMetricsLines({ name, type, help, unit, samples }: MetricFamily, escaping: Escaping): string[] {
  const suffix = type === "counter" ? "_total" : type === "info" ? "_info" : "";
  // A counter whose name must not get a suffix is none in this format.
  const isUnknown = !name.endsWith(suffix);
  const escaped = escapedName(name, escaping, false);
  const shown = quotedIfNeeded(isUnknown ? escaped : escaped.slice(0, escaped.length - suffix.length));
  return [
    `# TYPE ${shown} ${isUnknown ? "unknown" : type}`,
    ...(unit === "" ? [] : [`# UNIT ${shown} ${unit}`]),
    ...(help === "" ? [] : [`# HELP ${shown} ${escapedText(help)}`]),
    ...samples.map((sample) => {
      const series = seriesText(escaped + sample.suffix, sample.labels, escaping, floatText);
      const time = sample.timestampMs === undefined ? "" : ` ${secondsText(sample.timestampMs)}`;
      return `${series} ${numberText(sample.value)}${time}${isUnknown ? "" : exemplarText(sample, escaping)}`;
    }),
  ];
}

function exemplarText({ exemplar }: Sample, escaping: Escaping): string {
  if (exemplar === undefined) return "";
  const labels = exemplar.labels.map((label) => labelText(label, escaping, numberText)).join(",");
  return ` # {${labels}} ${numberText(exemplar.value)} ${secondsText(exemplar.timestampMs)}`;
}

/** A name with characters that not every scraper knows stands within the braces. */
function seriesText(
  name: string,
  labels: readonly Label[],
  escaping: Escaping,
  boundText: (bound: number) => string,
): string {
  const texts = labels.map((label) => labelText(label, escaping, boundText));
  if (isLegacyName(name, false)) return texts.length === 0 ? name : `${name}{${texts.join(",")}}`;
  return `{${[quotedIfNeeded(name), ...texts].join(",")}}`;
}

function labelText([name, value]: Label, escaping: Escaping, boundText: (bound: number) => string): string {
  const escaped = escapedName(name, escaping, true);
  const shown = isLegacyName(escaped, true) ? escaped : `"${escapedText(escaped)}"`;
  const text = name === "le" ? boundText(Number(value)) : value;
  return `${shown}="${escapedText(text)}"`;
}

function quotedIfNeeded(name: string): string {
  return isLegacyName(name, false) ? name : `"${escapedText(name)}"`;
}

function escapedText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

/** OpenMetrics writes bounds with a point. */
function floatText(value: number): string {
  const text = numberText(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function secondsText(timestampMs: number): string {
  return (timestampMs / 1_000).toFixed(3);
}
