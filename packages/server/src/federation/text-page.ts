/** Federated families in Prometheus's text format and in OpenMetrics. */
import { escapedName, type Escaping, isLegacyName } from "@clew/otlp/prometheus";
import { goGeneralText, type NativeHistogram, usesCustomBuckets } from "@clew/query";
import type { FederatedFamily, FederatedMetric } from "./federated-family.ts";

type Format = "text" | "openmetrics";

const TYPE_NAMES = {
  text: { untyped: "untyped", histogram: "histogram", gaugehistogram: "histogram" },
  openmetrics: { untyped: "unknown", histogram: "histogram", gaugehistogram: "gaugehistogram" },
} as const;

/** Exponential histograms have no place in text and are left out, as Prometheus does; those with bounds of their own become classic. */
export function* textPage(families: readonly FederatedFamily[], format: Format, escaping: Escaping): Generator<string> {
  for (const { name, type, metrics } of families) {
    const shown = metrics.filter(({ value }) => typeof value === "number" || usesCustomBuckets(value));
    if (shown.length === 0) continue;
    const escaped = escapedName(name, escaping);
    yield `# TYPE ${nameText(escaped)} ${TYPE_NAMES[format][type]}\n`;
    for (const metric of shown) yield linesOf(escaped, metric, format, escaping);
  }
  if (format === "openmetrics") yield "# EOF\n";
}

function linesOf(
  name: string,
  { labels, timestampMs, value }: FederatedMetric,
  format: Format,
  escaping: Escaping,
): string {
  const number = format === "text" ? plainText : openMetricsText;
  const pairs = labels.map(([label, text]) => `${nameText(escapedName(label, escaping, true))}="${escapedText(text)}"`);
  const time = format === "text" ? String(timestampMs) : openMetricsText(timestampMs / 1_000);
  const line = (suffix: string, one: number, ...more: readonly string[]): string =>
    `${seriesText(name + suffix, [...pairs, ...more])} ${number(one)} ${time}\n`;
  if (typeof value === "number") return line("", value);
  const buckets = cumulativeBuckets(value).map(([bound, count]) => line("_bucket", count, `le="${number(bound)}"`));
  return [...buckets, line("_sum", value.sum), line("_count", value.count)].join("");
}

/** Each bound with how many values lie at or below it; the last one is infinite. */
export function cumulativeBuckets({ customBounds, positive, count }: NativeHistogram): [number, number][] {
  let sum = 0;
  const finite = Array.from(customBounds, (bound, i): [number, number] => {
    sum += positive.counts[i - positive.offset] ?? 0;
    return [bound, sum];
  });
  return [...finite, [Infinity, count]];
}

function seriesText(name: string, pairs: readonly string[]): string {
  if (!isLegacyName(name, false)) return `{${[nameText(name), ...pairs].join(",")}}`;
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

function nameText(name: string): string {
  return isLegacyName(name, false) ? name : `"${escapedText(name)}"`;
}

function escapedText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function plainText(value: number): string {
  return value === 0 ? "0" : goGeneralText(value);
}

function openMetricsText(value: number): string {
  const text = plainText(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
