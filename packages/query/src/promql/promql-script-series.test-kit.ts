/** What PromQL test scripts can say of series beside what unit tests of rules can. */
import { parseGoNumber } from "./go-number.ts";
import { METRIC_NAME, type Labels } from "./labels.ts";
import { CUSTOM_BUCKETS_SCHEMA } from "./native-histogram.ts";
import { parsePrometheusDuration } from "./prometheus-duration.ts";
import type { DescribedSeries } from "./series-description.ts";
import type { DescribedSample } from "./series-values.ts";

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

/** One native histogram with custom bounds for each label set of `_bucket`, `_sum` and `_count` series, step by step. */
export function customBucketHistograms(series: readonly DescribedSeries[]): readonly DescribedSeries[] {
  interface Group {
    readonly labels: Labels;
    readonly buckets: { bound: number; samples: readonly DescribedSample[] }[];
    readonly parts: Map<string, readonly DescribedSample[]>;
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
  buckets: readonly { bound: number; samples: readonly DescribedSample[] }[],
  parts: ReadonlyMap<string, readonly DescribedSample[]>,
  i: number,
): DescribedSample {
  const at = (samples: readonly DescribedSample[] | undefined): number | undefined => {
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
