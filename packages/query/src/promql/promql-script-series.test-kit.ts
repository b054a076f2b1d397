/** Reads the series lines of PromQL test scripts: `metric{labels} 1+2x5 _ stale {{schema:0 sum:1}}`. */
import { combine } from "./histogram-math.ts";
import { parseGoNumber } from "./go-number.ts";
import { unquoted } from "./go-string.ts";
import { Labels, METRIC_NAME } from "./labels.ts";
import { CUSTOM_BUCKETS_SCHEMA, type CounterResetHint, type NativeHistogram } from "./native-histogram.ts";
import { parsePrometheusDuration } from "./prometheus-duration.ts";
import type { MemorySample } from "./memory-querier.test-kit.ts";

/** `undefined` is a gap. */
export type ScriptSample = MemorySample | undefined;

export interface ScriptSeries {
  readonly labels: Labels;
  readonly samples: readonly ScriptSample[];
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + "`[^`]*`";
const HEAD = new RegExp(String.raw`^([a-zA-Z_:][\w:]*)?(?:\{((?:${QUOTED}|[^"'${"`"}}])*)\})?`);
const ITEM = new RegExp(String.raw`(?:([\w.]+|${QUOTED})\s*=\s*)?(${QUOTED})`, "g");

export function parseSeries(line: string): ScriptSeries {
  const head = HEAD.exec(line);
  const labels = new Map<string, string>();
  if (head?.[1] !== undefined) labels.set(METRIC_NAME, head[1]);
  for (const [, name, value = '""'] of (head?.[2] ?? "").matchAll(ITEM)) {
    labels.set(name === undefined ? METRIC_NAME : /^["'`]/.test(name) ? unquoted(name) : name, unquoted(value));
  }
  return { labels: Labels.from(labels), samples: parseSamples(line.slice(head?.[0].length ?? 0)) };
}

function parseSamples(text: string): readonly ScriptSample[] {
  return (text.match(/\{\{.*?\}\}(?:[-+]\{\{.*?\}\})?(?:x\d+)?|\S+/g) ?? []).flatMap(expand);
}

function expand(item: string): readonly ScriptSample[] {
  const histogram = /^(\{\{.*?\}\})(?:([-+])(\{\{.*?\}\}))?(?:x(\d+))?$/.exec(item);
  if (histogram !== null) return expandHistogram(histogram);
  if (item === "stale") return ["stale"];
  const gaps = /^_(?:x(\d+))?$/.exec(item);
  if (gaps !== null) return Array.from({ length: Number(gaps[1] ?? 1) }, () => undefined);
  const run = /^([-+]?(?:0x[\da-f]+|[\d.]+(?:e[-+]?\d+)?|inf|nan))(?:([-+].+?))?x(\d+)$/i.exec(item);
  if (run === null) return [numberOf(item)];
  const [, start = "0", delta = "0", times = "0"] = run;
  let value = numberOf(start);
  return Array.from({ length: Number(times) + 1 }, () => {
    const current = value;
    value += delta === "0" ? 0 : numberOf(delta);
    return current;
  });
}

/**
 * The start times of the series on the next line, relative to each sample's time in ms: `metric@st _ -30s-1mx2`.
 * Nothing where the line is not one.
 */
export function parseStartOffsets(line: string): readonly (number | undefined)[] | undefined {
  const items = /@st\s+(.*)$/.exec(line)?.[1];
  return items?.split(/\s+/).flatMap((item) => {
    const gaps = /^_(?:x(\d+))?$/.exec(item);
    if (gaps !== null) return Array.from({ length: Number(gaps[1] ?? 1) }, () => undefined);
    const [, first = "0", delta = "0", times = "0"] = /^([-+]?\w+?)(?:([-+]\w+?))?(?:x(\d+))?$/.exec(item) ?? [];
    return Array.from({ length: Number(times) + 1 }, (_, i) => signedDurationMs(first) + i * signedDurationMs(delta));
  });
}

function signedDurationMs(text: string): number {
  return (text.startsWith("-") ? -1 : 1) * parsePrometheusDuration(text.replace(/^[-+]/, ""));
}

function numberOf(text: string): number {
  const value = parseGoNumber(text);
  if (!Number.isNaN(value) || /nan/i.test(text)) return value;
  const sign = text.startsWith("-") ? -1 : 1;
  return (sign * parsePrometheusDuration(text.replace(/^[-+]/, ""))) / 1000;
}

function expandHistogram([, start = "", sign, delta, times]: RegExpExecArray): readonly NativeHistogram[] {
  const first = parseHistogram(start);
  if (times === undefined) return [first];
  const step = delta === undefined ? undefined : parseHistogram(delta);
  let current = first;
  const all = [first];
  for (let i = 0; i < Number(times); i++) {
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

/** One native histogram with custom bounds for each label set of `_bucket`, `_sum` and `_count` series, step by step. */
export function customBucketHistograms(series: readonly ScriptSeries[]): readonly ScriptSeries[] {
  interface Group {
    readonly labels: Labels;
    readonly buckets: { bound: number; samples: readonly ScriptSample[] }[];
    readonly parts: Map<string, readonly ScriptSample[]>;
  }
  const groups = new Map<string, Group>();
  for (const { labels, samples } of series) {
    const part = /_(bucket|sum|count)$/.exec(labels.metricName)?.[1];
    if (part === undefined) continue;
    const base = labels.with(METRIC_NAME, labels.metricName.slice(0, -part.length - 1)).with("le", "");
    const group: Group = groups.get(base.key) ?? { labels: base, buckets: [], parts: new Map() };
    if (part === "bucket") group.buckets.push({ bound: parseGoNumber(labels.get("le").replace("+", "")), samples });
    else group.parts.set(part, samples);
    groups.set(base.key, group);
  }
  return [...groups.values()].map(({ labels, buckets, parts }) => {
    buckets.sort((a, b) => a.bound - b.bound);
    const length = Math.max(
      ...buckets.map(({ samples }) => samples.length),
      ...[...parts.values()].map((s) => s.length),
    );
    const samples = Array.from({ length }, (_, i) => customHistogramAt(buckets, parts, i));
    return { labels, samples };
  });
}

function customHistogramAt(
  buckets: readonly { bound: number; samples: readonly ScriptSample[] }[],
  parts: ReadonlyMap<string, readonly ScriptSample[]>,
  i: number,
): ScriptSample {
  const at = (samples: readonly ScriptSample[] | undefined): number | undefined => {
    const sample = samples?.[i];
    return typeof sample === "number" ? sample : undefined;
  };
  const finite = buckets.filter(({ bound }) => bound !== Infinity);
  const cumulative = finite.map(({ samples }) => at(samples) ?? 0);
  const infinite = at(buckets.find(({ bound }) => bound === Infinity)?.samples);
  const count = at(parts.get("count")) ?? infinite ?? cumulative.at(-1);
  if (count === undefined) return undefined;
  const counts = [...cumulative, infinite ?? count].map((value, n, all) => value - (all[n - 1] ?? 0));
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    count,
    sum: at(parts.get("sum")) ?? 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { offset: 0, counts: Float64Array.from(counts) },
    negative: { offset: 0, counts: new Float64Array(0) },
    customBounds: Float64Array.from(finite, ({ bound }) => bound),
    counterReset: "unknown",
  };
}
