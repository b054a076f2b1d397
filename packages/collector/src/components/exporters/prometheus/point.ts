/** One data point of any type, as it is kept: a number, a histogram or a summary. */
import type {
  ExemplarObject,
  ExponentialHistogramDataPointObject,
  HistogramDataPointObject,
  NumberDataPointObject,
  SummaryDataPointObject,
} from "@clew/otlp";
import { mergedNative, nativeHistogram, type NativeHistogram } from "../../../prometheus/native-histogram.ts";
import type { PrometheusExemplar } from "../../../prometheus/exemplar.ts";

interface Counted {
  readonly sum: number;
  readonly count: number;
  /** When counting began, 0 where that is not known. */
  readonly startMs: number;
}

export interface NumberPoint {
  readonly kind: "number";
  readonly value: number;
  readonly startMs: number;
  readonly exemplars: readonly PrometheusExemplar[];
}

export interface HistogramPoint extends Counted {
  readonly kind: "histogram";
  /** Upper bound --> how many observations lie between it and the next lower one; `+Inf` is left out. */
  readonly buckets: ReadonlyMap<number, number>;
  readonly exemplars: readonly PrometheusExemplar[];
}

export interface ExponentialPoint extends Counted {
  readonly kind: "exponential";
  readonly histogram: NativeHistogram;
  readonly exemplars: readonly PrometheusExemplar[];
}

export interface SummaryPoint extends Counted {
  readonly kind: "summary";
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export type Point = NumberPoint | HistogramPoint | ExponentialPoint | SummaryPoint;

export type ExemplarOf = (exemplar: ExemplarObject) => PrometheusExemplar;

/** Only counters have exemplars and know when counting began. */
export function numberPoint(point: NumberDataPointObject, exemplarOf: ExemplarOf, isCounter: boolean): NumberPoint {
  return {
    kind: "number",
    value: point.asInt === undefined ? (point.asDouble ?? 0) : Number(point.asInt),
    startMs: isCounter ? msOf(point.startTimeUnixNano) : 0,
    exemplars: isCounter ? point.exemplars.map(exemplarOf) : [],
  };
}

export function histogramPoint(point: HistogramDataPointObject, exemplarOf: ExemplarOf): HistogramPoint {
  const buckets = new Map(point.explicitBounds.map((bound, i) => [bound, Number(point.bucketCounts[i] ?? 0n)]));
  return { kind: "histogram", ...counted(point), buckets, exemplars: point.exemplars.map(exemplarOf) };
}

export function exponentialPoint(point: ExponentialHistogramDataPointObject, exemplarOf: ExemplarOf): ExponentialPoint {
  const histogram = nativeHistogram(point);
  return { kind: "exponential", ...counted(point), histogram, exemplars: point.exemplars.map(exemplarOf) };
}

export function summaryPoint(point: SummaryDataPointObject): SummaryPoint {
  return { kind: "summary", ...counted(point), quantiles: point.quantileValues };
}

/** What a delta adds to what came before. Undefined for what cannot be added. */
export function sumOf(before: Point, delta: Point): Point | undefined {
  const { startMs } = before;
  if (before.kind === "number" && delta.kind === "number")
    return { ...delta, startMs, value: before.value + delta.value };
  if (before.kind === "histogram" && delta.kind === "histogram") {
    const buckets = new Map(before.buckets);
    for (const [bound, count] of delta.buckets) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
    return { ...delta, ...totals(before, delta), buckets };
  }
  if (before.kind !== "exponential" || delta.kind !== "exponential") return undefined;
  const histogram = mergedNative(before.histogram, delta.histogram);
  return histogram === undefined ? undefined : { ...delta, ...totals(before, delta), histogram };
}

function totals(before: Counted, delta: Counted): Counted {
  return { startMs: before.startMs, sum: before.sum + delta.sum, count: before.count + delta.count };
}

function counted(point: {
  readonly sum?: number | undefined;
  readonly count: bigint;
  readonly startTimeUnixNano: bigint;
}): Counted {
  return { sum: point.sum ?? 0, count: Number(point.count), startMs: msOf(point.startTimeUnixNano) };
}

function msOf(nanos: bigint): number {
  return Number(nanos / 1_000_000n);
}
