/** Compares what a query gave with what a PromQL test script expects. */
import { bucketsOf } from "./histogram-buckets.ts";
import { unquoted } from "./go-string.ts";
import { compareLabels, Labels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { parseGoNumber } from "./go-number.ts";
import { parsePrometheusDuration } from "./prometheus-duration.ts";
import type { QueryResult } from "./query-result.ts";
import { parseSeriesDescription } from "./series-description.ts";
import type { DescribedSample } from "./series-values.ts";

/** One `eval` of a script. */
export interface ScriptEval {
  readonly line: number;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly isRange: boolean;
  readonly expectations: readonly string[];
  readonly results: readonly string[];
}

/** A script's time, a duration since its start or seconds, in milliseconds. */
export function timeMs(text: string): number {
  if (text.startsWith("-")) return -timeMs(text.slice(1));
  const seconds = Number(text);
  return Number.isNaN(seconds) ? parsePrometheusDuration(text) : seconds * 1000;
}

/** Whether a text is the one that `expect … msg:` or `regex:` asks for. */
export function meets(expectation: string, text: string): boolean {
  const [, kind, pattern = ""] = /^expect \w+\s*(?:(msg|regex):\s*(.*))?$/.exec(expectation) ?? [];
  if (kind === undefined) return true;
  return kind === "msg" ? text.includes(pattern) : new RegExp(pattern).test(text);
}

/** What is wrong with a result's warnings and infos; nothing where they are as expected. */
export function annotationProblem({ expectations }: ScriptEval, { warnings, infos }: QueryResult): string | undefined {
  for (const [kind, actual] of [
    ["warn", warnings],
    ["info", infos],
  ] as const) {
    const wanted = expectations.filter((text) => new RegExp(`^expect ${kind}\\b`).test(text));
    const isForbidden = expectations.includes(`expect no_${kind}`);
    if (isForbidden && actual.length > 0) return `unexpected ${kind}: ${actual.join("; ")}`;
    const unmet = wanted.find((text) => !actual.some((one) => meets(text, one)));
    if (unmet !== undefined) return `got ${JSON.stringify(actual)} instead of ${unmet}`;
    const extra = wanted.length === 0 ? undefined : actual.find((one) => !wanted.some((text) => meets(text, one)));
    if (extra !== undefined) return `unexpected ${kind}: ${extra}`;
  }
  return undefined;
}

/** Whether a result line is a scalar. */
export function isBareNumber(text: string): boolean {
  return /^[-+]?(?:\d|\.\d|inf|nan)/i.test(text) && !/[\s{]/.test(text);
}

/** What is wrong with a result's value; nothing where it is as expected, to a relative 1e-6. */
export function valueProblem(script: ScriptEval, { value }: QueryResult): string | undefined {
  const text = script.expectations.find((one) => one.startsWith("expect string "))?.slice("expect string ".length);
  if (text !== undefined) {
    return value.type === "string" && value.value === unquoted(text) ? undefined : `got ${JSON.stringify(value)}`;
  }
  const [first] = script.results;
  if (first !== undefined && script.results.length === 1 && isBareNumber(first) && !script.isRange) {
    const wanted = parseGoNumber(first);
    return value.type === "scalar" && equalFloats(value.value, wanted)
      ? undefined
      : `got ${JSON.stringify(value)}, want ${wanted}`;
  }
  if (value.type === "vector") return vectorProblem(script, value.points);
  if (value.type === "matrix") return matrixProblem(script, value.series);
  return `got ${JSON.stringify(value)}`;
}

function vectorProblem(
  { results, expectations }: ScriptEval,
  points: readonly { labels: Labels; value: number | NativeHistogram }[],
): string | undefined {
  const wanted = results.map(parseSeriesDescription);
  const describe = (): string =>
    points.map(({ labels, value }) => `${labels.toString()} ${sampleText(value)}`).join(" | ");
  if (wanted.length !== points.length) return `got ${points.length} series: ${describe()}`;
  const isOrdered = expectations.includes("expect ordered");
  for (const [i, { labels, samples }] of wanted.entries()) {
    const point = isOrdered ? points[i] : points.find((one) => one.labels.key === labels.key);
    if (point?.labels.key !== labels.key || !equalSamples(point.value, samples[0])) {
      return `want ${labels.toString()} ${sampleText(samples[0])}, got ${describe()}`;
    }
  }
  return undefined;
}

function matrixProblem(
  script: ScriptEval,
  series: Extract<QueryResult["value"], { type: "matrix" }>["series"],
): string | undefined {
  const grid = /^expect range vector from (\S+) to (\S+) step (\S+)/.exec(
    script.expectations.find((text) => text.startsWith("expect range vector")) ?? "",
  );
  const startMs = grid === null ? script.startMs : timeMs(grid[1] ?? "0");
  const stepMs = grid === null ? script.stepMs : timeMs(grid[3] ?? "0");
  const wanted = script.results.map(parseSeriesDescription);
  const describe = (): string =>
    series
      .map(
        ({ labels, values, histograms }) =>
          `${labels.toString()} ${[...values].map((v, i) => sampleText(histograms?.[i] ?? v)).join(" ")}`,
      )
      .join(" | ");
  if (wanted.length !== series.length) return `got ${series.length} series: ${describe()}`;
  if (series.some(({ labels }, i) => i > 0 && compareLabels(labels, series[i - 1]?.labels ?? Labels.empty) <= 0))
    return `not sorted by labels: ${describe()}`;
  for (const { labels, samples } of wanted) {
    const actual = series.find((one) => one.labels.key === labels.key);
    if (actual === undefined) return `no ${labels.toString()} in ${describe()}`;
    const points = new Map(
      [...actual.timestampsMs].map((time, i) => [time, actual.histograms?.[i] ?? actual.values[i] ?? NaN]),
    );
    const expected = samples.flatMap((sample, i) =>
      sample === undefined ? [] : [[startMs + i * stepMs, sample] as const],
    );
    if (expected.length !== points.size) return `${labels.toString()} has ${points.size} points: ${describe()}`;
    for (const [time, sample] of expected) {
      const point = points.get(time);
      if (point === undefined || !equalSamples(point, sample)) {
        return `${labels.toString()} at ${time}: want ${sampleText(sample)}, got ${sampleText(point)}; ${describe()}`;
      }
    }
  }
  return undefined;
}

function equalSamples(actual: number | NativeHistogram, wanted: DescribedSample): boolean {
  if (typeof actual === "number") return typeof wanted === "number" && equalFloats(actual, wanted);
  if (typeof wanted !== "object") return false;
  const [a, b] = [bucketsOf(actual), bucketsOf(wanted)];
  return (
    actual.schema === wanted.schema &&
    actual.zeroThreshold === wanted.zeroThreshold &&
    equalFloats(actual.count, wanted.count) &&
    equalFloats(actual.sum, wanted.sum) &&
    String(actual.customBounds) === String(wanted.customBounds) &&
    (wanted.counterReset === "unknown" || wanted.counterReset === actual.counterReset) &&
    a.length === b.length &&
    a.every(
      (bucket, i) =>
        bucket.lower === b[i]?.lower && bucket.upper === b[i].upper && equalFloats(bucket.count, b[i].count),
    )
  );
}

function equalFloats(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  const difference = Math.abs(a - b);
  return a === 0 || b === 0 ? difference < 1e-6 * 2 ** -1022 : difference / (Math.abs(a) + Math.abs(b)) < 1e-6;
}

function sampleText(sample: DescribedSample): string {
  if (typeof sample !== "object") return String(sample);
  const buckets = bucketsOf(sample).map(({ lower, upper, count }) => `(${lower},${upper}]:${count}`);
  return `{{schema:${sample.schema} count:${sample.count} sum:${sample.sum} zw:${sample.zeroThreshold} ${sample.counterReset} bounds:${[...sample.customBounds].join(",")} ${buckets.join(" ")}}}`;
}
