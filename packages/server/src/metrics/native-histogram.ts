/** OTLP's exponential histograms, and those with explicit bounds that are one sample, as Prometheus's native ones. */
import { PROMETHEUS_POINT_FLAGS } from "@clew/otlp/prometheus";
import { type Buckets, CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from "@clew/query";
import type { ExponentialHistogramPoint, HistogramPoint } from "@clew/store";

/** The resolutions that Prometheus knows ("Native Histograms", Schema). */
const LEAST_SCHEMA = -4;
const GREATEST_SCHEMA = 8;

/** Undefined for buckets that are wider than any of Prometheus's; narrower ones are merged. */
export function exponentialSample(point: ExponentialHistogramPoint, isDelta: boolean): NativeHistogram | undefined {
  if (point.scale < LEAST_SCHEMA) return undefined;
  const schema = Math.min(point.scale, GREATEST_SCHEMA);
  const mergedBits = point.scale - schema;
  return {
    schema,
    count: point.count,
    sum: point.sum ?? 0,
    zeroThreshold: point.zeroThreshold,
    zeroCount: point.zeroCount,
    positive: merged(point.positiveOffset, point.positiveCounts, mergedBits),
    negative: merged(point.negativeOffset, point.negativeCounts, mergedBits),
    customBounds: new Float64Array(0),
    counterReset: isDelta || isGauge(point.flags) ? "gauge" : "unknown",
  };
}

/** A histogram with explicit bounds as one sample. */
export function customSample(point: HistogramPoint, isDelta: boolean): NativeHistogram {
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: point.count,
    sum: point.sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { offset: 0, counts: point.bucketCounts },
    negative: { offset: 0, counts: new Float64Array(0) },
    customBounds: point.explicitBounds,
    counterReset: isDelta || isGauge(point.flags) ? "gauge" : "unknown",
  };
}

function isGauge(flags: number): boolean {
  return (flags & PROMETHEUS_POINT_FLAGS.gaugeHistogram) !== 0;
}

/**
 * `2^bits` neighbours of one scale are one bucket of a scale that is `bits` lower.
 * Prometheus numbers buckets by their upper bound, OTLP by their lower one: one apart.
 */
function merged(offset: number, counts: Float64Array, bits: number): Buckets {
  const width = 2 ** bits;
  const first = Math.floor(offset / width);
  if (bits === 0 || counts.length === 0) return { offset: first + 1, counts };
  const last = Math.floor((offset + counts.length - 1) / width);
  const sums = new Float64Array(last - first + 1);
  for (const [i, count] of counts.entries()) {
    const index = Math.floor((offset + i) / width) - first;
    sums[index] = (sums[index] ?? 0) + count;
  }
  return { offset: first + 1, counts: sums };
}
