/** `convert_exponential_histogram_to_histogram`: the same counts in buckets with given bounds. */
import { dataOf, MessageView, pointsOf } from "@clew/otlp";
import { defineEditor, type FunctionDefinition } from "../../../ottl/function-definition.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import { listOf, number, text } from "../../../ottl/parameters.ts";

/** Some of the counts between two values. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly count: bigint;
}

/** Puts a range's counts into buckets. */
type Distribution = (range: Range, bounds: readonly number[], counts: bigint[], random: () => number) => void;

const DISTRIBUTIONS: Readonly<Record<string, Distribution>> = {
  upper: (range, bounds, counts) => add(counts, bounds, range.to, range.count),
  midpoint: (range, bounds, counts) => add(counts, bounds, (range.from + range.to) / 2, range.count),
  uniform: spreadEvenly,
  random: spreadRandomly,
};

/** How many counts are placed one by one at random; more are spread evenly. */
const MAX_RANDOM = 10_000n;

export const convertExponentialHistogram: FunctionDefinition = defineEditor(
  "convert_exponential_histogram_to_histogram",
  { distributionFn: text, explicitBounds: listOf(number) },
  ({ distributionFn, explicitBounds: bounds }, { random }) => {
    const name = distributionFn === "" ? "random" : distributionFn;
    const distribution = DISTRIBUTIONS[name];
    if (distribution === undefined) {
      throw new OttlError(`invalid distribution algorithm: ${name}, must be one of [upper midpoint random uniform]`);
    }
    if (bounds.length === 0) throw new OttlError("explicit bounds cannot be empty");
    if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) {
      throw new OttlError("explicit bounds must be in increasing order");
    }
    return (context) => {
      const metric = context.record;
      if (dataOf(metric) !== "exponentialHistogram") return;
      const before = metric.one("exponentialHistogram");
      const histogram = new MessageView(metric.type.byName["histogram"]!.message!());
      const convert = (point: MessageView): MessageView => converted(point, histogram, bounds, distribution, random);
      histogram.setMany("dataPoints", pointsOf(metric).map(convert));
      histogram.set("aggregationTemporality", before.get("aggregationTemporality"));
      metric.setOne("histogram", histogram);
      context.changes++;
    };
  },
);

function converted(
  point: MessageView,
  histogram: MessageView,
  bounds: readonly number[],
  distribution: Distribution,
  random: () => number,
): MessageView {
  const made = new MessageView(histogram.type.byName["dataPoints"]!.message!());
  for (const field of ["startTimeUnixNano", "timeUnixNano", "count", "flags", "sum", "min", "max"]) {
    const value = point.get(field);
    if (value !== undefined) made.set(field, value);
  }
  made.attributes().replace([...point.attributes()]);
  made.setMany("exemplars", point.many("exemplars"));
  const counts = Array.from({ length: bounds.length + 1 }, () => 0n);
  for (const range of rangesOf(point)) distribution(range, bounds, counts, random);
  made.set("explicitBounds", bounds);
  made.set("bucketCounts", counts);
  return made;
}

function rangesOf(point: MessageView): Range[] {
  const scale = point.get("scale") as number;
  const bound = (index: number): number => 2 ** (index * 2 ** -scale);
  const side = (field: "positive" | "negative"): { index: number; count: bigint }[] => {
    const buckets = point.one(field);
    const offset = buckets.get("offset") as number;
    return (buckets.get("bucketCounts") as bigint[]).map((count, i) => ({ index: offset + i, count }));
  };
  const threshold = point.get("zeroThreshold") as number;
  const zero = { from: -threshold, to: threshold, count: point.get("zeroCount") as bigint };
  return [
    ...side("negative").map(({ index, count }) => ({ from: -bound(index + 1), to: -bound(index), count })),
    zero,
    ...side("positive").map(({ index, count }) => ({ from: bound(index), to: bound(index + 1), count })),
  ].filter(({ count }) => count > 0n);
}

function add(counts: bigint[], bounds: readonly number[], value: number, count: bigint): void {
  const at = bounds.findIndex((bound) => value <= bound);
  counts[at < 0 ? bounds.length : at]! += count;
}

/** By how much of the range each bucket covers; what is left over by rounding goes to the last of them. */
function spreadEvenly({ from, to, count }: Range, bounds: readonly number[], counts: bigint[]): void {
  if (to <= from) return add(counts, bounds, to, count);
  let placed = 0n;
  let start = from;
  for (const [i, bound] of [...bounds, Infinity].entries()) {
    if (bound <= start) continue;
    const end = Math.min(bound, to);
    const isLast = end === to;
    const share = isLast ? count - placed : BigInt(Math.floor((Number(count) * (end - start)) / (to - from)));
    counts[i]! += share;
    placed += share;
    if (isLast) return;
    start = end;
  }
}

function spreadRandomly(range: Range, bounds: readonly number[], counts: bigint[], random: () => number): void {
  const { from, to, count } = range;
  if (count > MAX_RANDOM) return spreadEvenly(range, bounds, counts);
  for (let i = 0n; i < count; i++) add(counts, bounds, from + random() * (to - from), 1n);
}
