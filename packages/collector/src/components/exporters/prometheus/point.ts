/** One data point of any type, in the form that Prometheus can show: a number, a classic histogram or a summary. */
import type {
  BucketsObject,
  ExemplarObject,
  ExponentialHistogramDataPointObject,
  HistogramDataPointObject,
  NumberDataPointObject,
  SummaryDataPointObject,
} from "@clew/otlp";
import type { Exemplar, Sample } from "../../../telemetry/exposition.ts";
import { labelsOf, type Labels } from "./labels.ts";

export interface NumberPoint {
  readonly kind: "number";
  readonly value: number;
  readonly exemplars: readonly Exemplar[];
}

export interface HistogramPoint {
  readonly kind: "histogram";
  readonly sum: number;
  readonly count: number;
  /** Upper bound --> how many observations lie between it and the next lower one; `+Inf` is left out. */
  readonly buckets: ReadonlyMap<number, number>;
  readonly exemplars: readonly Exemplar[];
}

export interface SummaryPoint {
  readonly kind: "summary";
  readonly sum: number;
  readonly count: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export type Point = NumberPoint | HistogramPoint | SummaryPoint;

export function numberPoint({ asInt, asDouble, exemplars }: NumberDataPointObject): NumberPoint {
  return {
    kind: "number",
    value: asInt === undefined ? (asDouble ?? 0) : Number(asInt),
    exemplars: exemplars.map(exemplarOf),
  };
}

export function histogramPoint(point: HistogramDataPointObject): HistogramPoint {
  const buckets = new Map(point.explicitBounds.map((bound, i) => [bound, Number(point.bucketCounts[i] ?? 0n)]));
  return {
    kind: "histogram",
    sum: point.sum ?? 0,
    count: Number(point.count),
    buckets,
    exemplars: point.exemplars.map(exemplarOf),
  };
}

export function summaryPoint({ sum, count, quantileValues }: SummaryDataPointObject): SummaryPoint {
  return { kind: "summary", sum, count: Number(count), quantiles: quantileValues };
}

/**
 * A classic histogram whose bounds are powers of two (scale 0), whatever the scale was:
 * bounds that moved with the scale would look like counters that start again.
 */
export function exponentialPoint(point: ExponentialHistogramDataPointObject): HistogramPoint {
  const buckets = new Map<number, number>();
  const add = (bound: number, count: number): void => {
    if (count > 0) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
  };
  // A negative bucket is the mirror image of a positive one: its upper bound is the lower one, negated.
  forEachPower(point.negative, point.scale, (lower, _upper, count) => add(-(2 ** lower), count));
  add(point.zeroThreshold, Number(point.zeroCount));
  forEachPower(point.positive, point.scale, (_lower, upper, count) => add(2 ** upper, count));
  return {
    kind: "histogram",
    sum: point.sum ?? 0,
    count: Number(point.count),
    buckets,
    exemplars: point.exemplars.map(exemplarOf),
  };
}

/** Visits each bucket with the powers of two between which it lies: the bucket of scale 0 that holds it, or itself if coarser. */
function forEachPower(
  buckets: BucketsObject | undefined,
  scale: number,
  visit: (lower: number, upper: number, count: number) => void,
): void {
  for (const [i, count] of (buckets?.bucketCounts ?? []).entries()) {
    const index = (buckets?.offset ?? 0) + i;
    const width = 2 ** Math.max(-scale, 0);
    const lower = scale >= 0 ? Math.floor(index / 2 ** scale) : index * width;
    visit(lower, lower + width, Number(count));
  }
}

/** What a delta adds to what came before. Undefined for a summary, which cannot be added. */
export function sumOf(before: Point, delta: Point): Point | undefined {
  if (before.kind === "number" && delta.kind === "number") return { ...delta, value: before.value + delta.value };
  if (before.kind !== "histogram" || delta.kind !== "histogram") return undefined;
  const buckets = new Map(before.buckets);
  for (const [bound, count] of delta.buckets) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
  return { ...delta, sum: before.sum + delta.sum, count: before.count + delta.count, buckets };
}

/** The lines that show it. */
export function samplesOf(point: Point, labels: Labels, timestampMs: number | undefined): Sample[] {
  if (point.kind === "number") {
    return [{ suffix: "", labels, value: point.value, timestampMs, exemplar: point.exemplars.at(-1) }];
  }
  if (point.kind === "histogram") return histogramSamples(point, labels, timestampMs);
  const quantiles = point.quantiles.map(({ quantile, value }) => ({
    suffix: "",
    labels: { ...labels, quantile: String(quantile) },
    value,
    timestampMs,
  }));
  return [...quantiles, ...totals(point, labels, timestampMs)];
}

function histogramSamples(point: HistogramPoint, labels: Labels, timestampMs: number | undefined): Sample[] {
  const samples: Sample[] = [];
  let cumulative = 0;
  let lower = -Infinity;
  const bucket = (bound: number, value: number): void => {
    const exemplar = point.exemplars.findLast((one) => one.value > lower && one.value <= bound);
    const le = bound === Infinity ? "+Inf" : String(bound);
    samples.push({ suffix: "_bucket", labels: { ...labels, le }, value, timestampMs, exemplar });
    lower = bound;
  };
  for (const [bound, count] of [...point.buckets].sort(([a], [b]) => a - b)) {
    if (bound === Infinity) continue;
    cumulative += count;
    bucket(bound, cumulative);
  }
  bucket(Infinity, point.count);
  return [...samples, ...totals(point, labels, timestampMs)];
}

function totals(
  { sum, count }: { sum: number; count: number },
  labels: Labels,
  timestampMs: number | undefined,
): Sample[] {
  return [
    { suffix: "_sum", labels, value: sum, timestampMs },
    { suffix: "_count", labels, value: count, timestampMs },
  ];
}

function exemplarOf({ asInt, asDouble, traceId, spanId, timeUnixNano, filteredAttributes }: ExemplarObject): Exemplar {
  const hex = (id: Uint8Array): string => Buffer.from(id).toString("hex");
  const ids = {
    ...(traceId.length > 0 ? { trace_id: hex(traceId) } : {}),
    ...(spanId.length > 0 ? { span_id: hex(spanId) } : {}),
  };
  return {
    labels: { ...ids, ...labelsOf(filteredAttributes) },
    value: asInt === undefined ? (asDouble ?? 0) : Number(asInt),
    timestampMs: Number(timeUnixNano / 1_000_000n),
  };
}
