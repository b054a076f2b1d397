/**
 * Reads series as tests describe them: `metric{labels} 1+2x5 _ stale {{schema:0 sum:1}}`.
 *
 * https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
 */
import { combine } from "./histogram-math.ts";
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

