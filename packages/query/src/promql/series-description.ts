/**
 * Reads series as tests describe them: `metric{labels} 1+2x5 _ stale {{schema:0 sum:1}}`.
 *
 * https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
 */
import { combine, isReset } from "./histogram-math.ts";
import { goGeneralText } from "./go-float.ts";
import { parseGoNumber } from "./go-number.ts";
import { unquoted } from "./go-string.ts";
import { Labels, METRIC_NAME } from "./labels.ts";
import { CUSTOM_BUCKETS_SCHEMA, type CounterResetHint, type NativeHistogram } from "./native-histogram.ts";
import { parsePrometheusDuration } from "./prometheus-duration.ts";
import { type QueryError, queryError } from "./query-error.ts";
import type { MemorySample } from "./memory-querier.ts";

/** `undefined` is a gap. */
export type DescribedSample = MemorySample | undefined;

export interface DescribedSeries {
  readonly labels: Labels;
  readonly samples: readonly DescribedSample[];
}

/** So many samples one item may stand for. */
const MAX_REPETITIONS = 1_000_000;

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + "`[^`]*`";
const HEAD = new RegExp(String.raw`^\s*([a-zA-Z_:][\w:]*)?\s*(?:\{(?!\{)((?:${QUOTED}|[^"'${"`"}}])*)\})?`);
const ITEM = new RegExp(String.raw`(?:([\w.]+|${QUOTED})\s*=\s*)?(${QUOTED})\s*(?:,|$)`, "g");

/** Throws `QUERY_BAD_DATA` where the line is no such description. */
export function parseSeriesDescription(line: string): DescribedSeries {
  const head = HEAD.exec(line);
  const rest = line.slice(head?.[0].length ?? 0);
  return { labels: labelsOf(head?.[1], head?.[2] ?? ""), samples: parseSamples(rest) };
}

/** The labels of a series: `up{job="api"}`, `{}`. Throws `QUERY_BAD_DATA`. */
export function parseMetric(text: string): Labels {
  const { labels, samples } = parseSeriesDescription(text);
  if (samples.length > 0) throw unexpected(text, "metric description");
  return labels;
}

/**
 * The samples as Prometheus's store has them, which knows of each histogram whether it is a continuation of the one
 * before.
 */
export function asStored(samples: readonly DescribedSample[]): readonly DescribedSample[] {
  let previous: NativeHistogram | undefined;
  return samples.map((sample) => {
    if (typeof sample !== "object") {
      if (sample !== undefined) previous = undefined;
      return sample;
    }
    const before = previous;
    previous = sample;
    const isGiven = sample.counterReset === "gauge" || sample.counterReset === "reset";
    if (before === undefined || before.counterReset === "gauge" || isGiven) return sample;
    const counterReset = isReset({ ...sample, counterReset: "unknown" }, before) ? "unknown" : "not_reset";
    return { ...sample, counterReset };
  });
}

function labelsOf(name: string | undefined, inside: string): Labels {
  const labels = new Map<string, string>();
  if (name !== undefined) labels.set(METRIC_NAME, name);
  for (const [, label, value = '""'] of inside.matchAll(ITEM)) {
    labels.set(label === undefined ? METRIC_NAME : /^["'`]/.test(label) ? unquoted(label) : label, unquoted(value));
  }
  const left = inside.replaceAll(ITEM, "").trim();
  if (left !== "") throw unexpected(left, "metric description");
  return Labels.from(labels);
}

function parseSamples(text: string): readonly DescribedSample[] {
  return (text.match(/\{\{.*?\}\}(?:[-+]\{\{.*?\}\})?(?:x\d+)?|\S+/g) ?? []).flatMap(expand);
}

function expand(item: string): readonly DescribedSample[] {
  const histogram = /^(\{\{.*?\}\})(?:([-+])(\{\{.*?\}\}))?(?:x(\d+))?$/.exec(item);
  if (histogram !== null) return expandHistogram(histogram);
  if (item === "stale") return ["stale"];
  const gaps = /^_(?:x(\d+))?$/.exec(item);
  if (gaps !== null) return Array.from({ length: timesOf(gaps[1] ?? "1") }, () => undefined);
  const run = /^([-+]?(?:0x[\da-f]+|[\d.]+(?:e[-+]?\d+)?|inf|nan))(?:([-+].+?))?x(\d+)$/i.exec(item);
  if (run === null) return [numberOf(item)];
  const [, start = "0", delta = "0", times = "0"] = run;
  let value = numberOf(start);
  return Array.from({ length: timesOf(times) + 1 }, () => {
    const current = value;
    value += delta === "0" ? 0 : numberOf(delta);
    return current;
  });
}

function timesOf(text: string): number {
  if (Number(text) <= MAX_REPETITIONS) return Number(text);
  throw queryError("bad_data", `more than ${MAX_REPETITIONS} samples: "x${text}"`);
}

function numberOf(text: string): number {
  const value = parseGoNumber(text);
  if (!Number.isNaN(value) || /^[-+]?nan$/i.test(text)) return value;
  const sign = text.startsWith("-") ? -1 : 1;
  try {
    return (sign * parsePrometheusDuration(text.replace(/^[-+]/, ""))) / 1000;
  } catch {
    throw unexpected(text, "series values");
  }
}

function unexpected(text: string, context: string): QueryError {
  return queryError("bad_data", `parse error: unexpected ${JSON.stringify(text)} in ${context}`);
}

function expandHistogram([, start = "", sign, delta, times]: RegExpExecArray): readonly NativeHistogram[] {
  const first = parseHistogram(start);
  if (times === undefined) return [first];
  const step = delta === undefined ? undefined : parseHistogram(delta);
  let current = first;
  const all = [first];
  for (let i = 0; i < timesOf(times); i++) {
    if (step !== undefined) current = combine(current, step, sign === "-" ? -1 : 1)?.histogram ?? current;
    all.push(current);
  }
  return all;
}

function parseHistogram(text: string): NativeHistogram {
  const fields = new Map<string, string>();
  for (const [, name = "", value = ""] of text.slice(2, -2).matchAll(/([a-z_]+):(\[[^\]]*\]|\S+)/g))
    fields.set(name, value);
  const number = (name: string): number => parseGoNumber(fields.get(name) ?? "0");
  const list = (name: string): Float64Array =>
    Float64Array.from((fields.get(name) ?? "[]").slice(1, -1).split(/\s+/).filter(Boolean), parseGoNumber);
  return {
    schema: fields.has("custom_values") ? CUSTOM_BUCKETS_SCHEMA : number("schema"),
    count: number("count"),
    sum: number("sum"),
    zeroThreshold: number("z_bucket_w"),
    zeroCount: number("z_bucket"),
    positive: { offset: number("offset"), counts: list("buckets") },
    negative: { offset: number("n_offset"), counts: list("n_buckets") },
    customBounds: list("custom_values"),
    counterReset: (fields.get("counter_reset_hint") ?? "unknown") as CounterResetHint,
  };
}

/** A histogram as tests describe it: `{{count:3 sum:5 buckets:[1 2]}}`. */
export function histogramDescription(histogram: NativeHistogram): string {
  const { schema, count, sum, zeroCount, zeroThreshold, counterReset, customBounds, positive, negative } = histogram;
  const isCustom = schema === CUSTOM_BUCKETS_SCHEMA;
  const numbers: readonly (readonly [string, number])[] = [
    ["schema", schema],
    ["count", count],
    ["sum", sum],
    ["z_bucket", zeroCount],
    ["z_bucket_w", zeroThreshold],
  ];
  const parts = numbers.filter(([, value]) => value !== 0).map(([name, value]) => `${name}:${goGeneralText(value)}`);
  if (isCustom) parts.push(`custom_values:[${Array.from(customBounds, goGeneralText).join(" ")}]`);
  if (counterReset !== "unknown") parts.push(`counter_reset_hint:${counterReset}`);
  parts.push(...bucketsDescription(positive, ""), ...bucketsDescription(negative, "n_"));
  return `{{${parts.join(" ")}}}`;
}

/** Without the empty buckets at either end. */
function bucketsDescription({ offset, counts }: NativeHistogram["positive"], prefix: string): readonly string[] {
  const first = counts.findIndex((count) => count !== 0);
  if (first < 0) return [];
  const inside = counts.slice(first, counts.findLastIndex((count) => count !== 0) + 1);
  const start = offset + first;
  return [
    ...(start === 0 ? [] : [`${prefix}offset:${start}`]),
    `${prefix}buckets:[${Array.from(inside, goGeneralText).join(" ")}]`,
  ];
}
