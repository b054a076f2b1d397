/**
 * What PromQL and the Prometheus API need of a store. The server implements it on the store's
 * tables; tests implement it in memory. All times are milliseconds since the Unix epoch.
 *
 * Every method may reject with a `QueryError`, and should stop working soon after `signal` aborts
 * (what it then rejects with does not matter).
 */
import type { LabelMatcher } from "./label-matcher.ts";
import type { Labels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";

export interface MetricsQuerier {
  /** The series that meet every matcher, with their samples. Called once for each selector of a query. */
  select(request: SelectRequest, signal: AbortSignal): Promise<readonly SeriesSamples[]>;
  /** The names of labels, `__name__` included, that series of the request have. Any order, no name twice. */
  labelNames(request: SeriesRequest, signal: AbortSignal): Promise<readonly string[]>;
  /** The non-empty values that a label has in series of the request. Any order, no value twice. */
  labelValues(name: string, request: SeriesRequest, signal: AbortSignal): Promise<readonly string[]>;
  /** The label sets of the request's series. Any order, none twice. */
  series(request: SeriesRequest, signal: AbortSignal): Promise<readonly Labels[]>;
  /** What is known of metrics' types and meanings: of one metric, or of all. */
  metadata(request: MetadataRequest, signal: AbortSignal): Promise<readonly MetricMetadata[]>;
  /** The exemplars of series that meet any of the selectors, with times in `[startMs, endMs]`. */
  exemplars(request: SeriesRequest, signal: AbortSignal): Promise<readonly SeriesExemplars[]>;
}

/** Samples with `startMs < time <= endMs`. */
export interface SelectRequest {
  /** All must hold. A matcher that also accepts `""` accepts series without the label. */
  readonly matchers: readonly LabelMatcher[];
  readonly startMs: number;
  readonly endMs: number;
  /** The query fails where more samples come, so a store may stop once it has read one more. */
  readonly sampleLimit: number;
  readonly hints: SelectHints;
}

/** What the query will do with the samples. A store may use it to read less; it need not. */
export interface SelectHints {
  /** The distance of evaluation times; 0 for an instant query. */
  readonly stepMs: number;
  /** The window of a range selector (`[5m]`); 0 for an instant selector, which sees `lookbackMs` instead. */
  readonly rangeMs: number;
  readonly lookbackMs: number;
  /** Whether the query looks at the samples' start times: leave them out otherwise. */
  readonly needsStarts: boolean;
  /** The function or aggregation directly around the selector: "rate", "sum"; "" for none. */
  readonly func: string;
}

/**
 * A series and its samples in columns of one length, by ascending time, no time twice. Other answers may share the columns:
 * nobody may change them.
 * A stale marker is the NaN 0x7ff0000000000002 in `values` (see `markStale`).
 */
export interface SeriesSamples {
  /** With `__name__`. No two series of one answer have the same labels. */
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** Where an element is present, the sample is that histogram and its place in `values` means nothing. */
  readonly histograms?: readonly (NativeHistogram | undefined)[];
  /**
   * When the counting of each sample began (OTLP's start time); 0 where that is not known. With it a reset is
   * seen even where the value did not fall. Leave it out where it is not known of any sample.
   */
  readonly startTimestampsMs?: Float64Array;
  /**
   * How many samples each float is the mean of, where a store keeps old ones in such groups: `avg_over_time`, `sum_over_time` and
   * `count_over_time` count it so often. Leave it out where each is one.
   */
  readonly sampleCounts?: Float64Array;
}

/**
 * Series that have a sample (or may have one) with `startMs <= time <= endMs`. Where a client gives no time,
 * the bounds are the smallest and largest safe integers; where it gives no limit, that is `Infinity`.
 */
export interface SeriesRequest {
  /** A series is wanted if it meets all matchers of any selector. No selector means every series. */
  readonly selectors: readonly (readonly LabelMatcher[])[];
  readonly startMs: number;
  readonly endMs: number;
  /** More results than this are not wanted. One more tells the caller that something was left off. */
  readonly limit: number;
}

export interface MetadataRequest {
  /** Only this metric; all metrics where it is absent. */
  readonly metric?: string;
}

export type MetricType =
  | "counter"
  | "gauge"
  | "histogram"
  | "gaugehistogram"
  | "summary"
  | "info"
  | "stateset"
  | "unknown";

export interface MetricMetadata {
  /** The metric family's name: without `_bucket`, `_sum`, `_count`. */
  readonly metric: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

export interface SeriesExemplars {
  readonly seriesLabels: Labels;
  /** By ascending time. */
  readonly exemplars: readonly Exemplar[];
}

export interface Exemplar {
  /** For instance `trace_id` and `span_id`. */
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}
