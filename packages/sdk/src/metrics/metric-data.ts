/** What a collection gives: the metrics of a resource, scope by scope. */
import type { Attributes, HrTime } from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Resource } from "../resource/resource.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";

export const AggregationTemporality = {
  /** Since the collection before. */
  DELTA: 0,
  /** Since the instrument was made. */
  CUMULATIVE: 1,
  0: "DELTA",
  1: "CUMULATIVE",
} as const;
export type AggregationTemporality = Extract<
  (typeof AggregationTemporality)[keyof typeof AggregationTemporality],
  number
>;

export const DataPointType = {
  HISTOGRAM: 0,
  EXPONENTIAL_HISTOGRAM: 1,
  GAUGE: 2,
  SUM: 3,
  0: "HISTOGRAM",
  1: "EXPONENTIAL_HISTOGRAM",
  2: "GAUGE",
  3: "SUM",
} as const;
export type DataPointType = Extract<(typeof DataPointType)[keyof typeof DataPointType], number>;

/** One measurement, kept with the span that was active when it was made. */
export interface Exemplar {
  /** Those of the measurement that its data point does not have, because a view or the cardinality limit left them out. */
  readonly filteredAttributes: Attributes;
  readonly value: number;
  readonly timestamp: HrTime;
  readonly traceId?: string;
  readonly spanId?: string;
}

export interface DataPoint<Value> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly value: Value;
  readonly exemplars: readonly Exemplar[];
}

export interface Histogram {
  /** `counts[i]` is of the values above `boundaries[i-1]`, up to and with `boundaries[i]`. */
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
  /** Missing when the instrument takes negative values. */
  readonly sum?: number;
  readonly count: number;
  readonly min?: number;
  readonly max?: number;
}

export interface ExponentialHistogram {
  readonly count: number;
  /** Missing when the instrument takes negative values. */
  readonly sum?: number;
  /** Buckets grow by 2^(2^-scale). */
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: ExponentialHistogramBuckets;
  /** Of values below zero, by their magnitude. */
  readonly negative: ExponentialHistogramBuckets;
  readonly min?: number;
  readonly max?: number;
}

export interface ExponentialHistogramBuckets {
  /** `bucketCounts[i]` is of the values above base^(offset+i), up to and with base^(offset+i+1). */
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

interface BaseMetricData {
  readonly descriptor: InstrumentDescriptor;
  readonly aggregationTemporality: AggregationTemporality;
}

export interface SumMetricData extends BaseMetricData {
  readonly dataPointType: typeof DataPointType.SUM;
  readonly isMonotonic: boolean;
  readonly dataPoints: readonly DataPoint<number>[];
}

export interface GaugeMetricData extends BaseMetricData {
  readonly dataPointType: typeof DataPointType.GAUGE;
  readonly dataPoints: readonly DataPoint<number>[];
}

export interface HistogramMetricData extends BaseMetricData {
  readonly dataPointType: typeof DataPointType.HISTOGRAM;
  readonly dataPoints: readonly DataPoint<Histogram>[];
}

export interface ExponentialHistogramMetricData extends BaseMetricData {
  readonly dataPointType: typeof DataPointType.EXPONENTIAL_HISTOGRAM;
  readonly dataPoints: readonly DataPoint<ExponentialHistogram>[];
}

export type MetricData = SumMetricData | GaugeMetricData | HistogramMetricData | ExponentialHistogramMetricData;

export interface ScopeMetrics {
  readonly scope: InstrumentationScope;
  readonly metrics: readonly MetricData[];
}

export interface ResourceMetrics {
  readonly resource: Resource;
  readonly scopeMetrics: readonly ScopeMetrics[];
}

export interface CollectionResult {
  readonly resourceMetrics: ResourceMetrics;
  /** What the callbacks of observable instruments and other producers threw. */
  readonly errors: readonly unknown[];
}
