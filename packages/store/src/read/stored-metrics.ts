/** Series and points as they were stored. */
import { NO_TRANSLATION, PROMETHEUS_METADATA } from "@clew/otlp/prometheus";
import type { Pairs } from "./resource-rows.ts";

export type StoredMetricType = "gauge" | "sum" | "histogram" | "exponential_histogram" | "summary";

/** A series as it was stored: labels are Prometheus's, without `__name__`. */
export interface StoredSeries {
  /** Identifies the series within one answer. */
  readonly key: string;
  /** Decimal digits, for SQL. */
  readonly fingerprint: string;
  /** Where its points stand, decimal digits too; several where older ones were stored by an older version. */
  readonly localities: readonly string[];
  /** The family's name: a histogram's without `_bucket`, `_sum` and `_count`. */
  readonly name: string;
  readonly type: StoredMetricType;
  readonly unit: string;
  readonly description: string;
  /** 1 delta, 2 cumulative. */
  readonly temporality: number;
  readonly monotonic: boolean;
  readonly labels: Pairs;
  /** `Metric.metadata`, values as text. */
  readonly metadata: Pairs;
}

/** Bit 0 of a point's flags: the series has ended here. (metrics data model, "No recorded value") */
export const NO_RECORDED_VALUE = 1;

export interface StoredPoint {
  readonly timestampMs: number;
  /** When the counting of this point began; 0 where the sender did not tell. */
  readonly startMs: number;
  readonly flags: number;
}

export interface HistogramPoint extends StoredPoint {
  readonly count: number;
  readonly sum: number;
  readonly bucketCounts: Float64Array;
  readonly explicitBounds: Float64Array;
}

export interface ExponentialHistogramPoint extends StoredPoint {
  readonly count: number;
  readonly sum: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positiveOffset: number;
  readonly positiveCounts: Float64Array;
  readonly negativeOffset: number;
  readonly negativeCounts: Float64Array;
}

export interface SummaryPoint extends StoredPoint {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: Float64Array;
  readonly values: Float64Array;
}

export interface StoredExemplar {
  readonly timestampMs: number;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Pairs;
}

/** Whether a series is Prometheus's own: its names are as they were sent (docs/adr/0018-prometheus-series-in-otlp.md). */
export function isPrometheusSeries({ metadata }: StoredSeries): boolean {
  return metadata.some(([key, value]) => key === PROMETHEUS_METADATA.translation && value === NO_TRANSLATION);
}
