import type { Labels } from "./labels.ts";
import type { QueryStatistics } from "./query-statistics.ts";
import type { NativeHistogram } from "./native-histogram.ts";

/** A query's answer and what its reader should know about it. */
export interface QueryResult {
  readonly value: QueryValue;
  /** In Prometheus's words, each ending in the place in the query. */
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** Where they were asked for. */
  readonly statistics?: QueryStatistics | undefined;
}

export type QueryValue = ScalarValue | StringValue | VectorValue | MatrixValue;

export interface ScalarValue {
  readonly type: "scalar";
  readonly timeMs: number;
  readonly value: number;
}

export interface StringValue {
  readonly type: "string";
  readonly timeMs: number;
  readonly value: string;
}

/** Points of one time. Their order means something after `sort` and `topk`. */
export interface VectorValue {
  readonly type: "vector";
  readonly timeMs: number;
  readonly points: readonly VectorPoint[];
}

export interface VectorPoint {
  readonly labels: Labels;
  readonly value: number | NativeHistogram;
}

/** Series over time, sorted by labels. */
export interface MatrixValue {
  readonly type: "matrix";
  readonly series: readonly MatrixSeries[];
}

/** Points in columns of one length. Where `histograms` has an element, the point is that histogram. */
export interface MatrixSeries {
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (NativeHistogram | undefined)[] | undefined;
}
