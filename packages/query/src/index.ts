export {
  MAX_POINTS_PER_SERIES,
  PromqlEngine,
  type PromqlEngineSettings,
  type QuerySettings,
  type Selection,
} from "./promql/engine.ts";
export { canonicalQuery, formatQuery } from "./promql/format-query.ts";
export { goGeneralText } from "./promql/go-float.ts";
export { unquoted } from "./promql/go-string.ts";
export { bucketsOf, usesCustomBuckets, type Bucket } from "./promql/histogram-buckets.ts";

export { compareLabels, Labels, METRIC_NAME } from "./promql/labels.ts";
export { labelsTest, labelTest, type LabelMatcher, type MatchOperator } from "./promql/label-matcher.ts";
export { MemoryQuerier } from "./promql/memory-querier.ts";
export { CUSTOM_BUCKETS_SCHEMA } from "./promql/native-histogram.ts";
export type { Buckets, CounterResetHint, NativeHistogram } from "./promql/native-histogram.ts";
export { parseSelector } from "./promql/parse.ts";
export { parsePrometheusDuration, prometheusDurationText } from "./promql/prometheus-duration.ts";
export type {
  Exemplar,
  MetadataRequest,
  MetricMetadata,
  MetricsQuerier,
  MetricType,
  SelectHints,
  SelectRequest,
  SeriesExemplars,
  SeriesRequest,
  SeriesSamples,
} from "./promql/querier.ts";
export { QueryError, type QueryErrorType } from "./promql/query-error.ts";
export type {
  MatrixSeries,
  MatrixValue,
  QueryResult,
  QueryValue,
  ScalarValue,
  StringValue,
  VectorPoint,
  VectorValue,
} from "./promql/query-result.ts";
export { asStored, histogramDescription, parseMetric, parseSeriesDescription } from "./promql/series-description.ts";
export { selectorsOf } from "./promql/selectors.ts";
export { markStale } from "./promql/stale-marker.ts";
