export {
  DEFAULT_LOOKBACK_MS,
  MAX_POINTS_PER_SERIES,
  MAX_QUERY_SAMPLES,
  PromqlEngine,
  type PromqlEngineSettings,
  type QuerySettings,
  type Selection,
  type RangeTimes,
} from "./promql/engine.ts";
export { canonicalQuery, formatQuery } from "./promql/format-query.ts";
export { queryTree, type QueryTree } from "./promql/query-tree.ts";
export { goGeneralText } from "./promql/go-float.ts";
export { DEFAULT_QUERY_TIMEOUT_MS, withinTime } from "./promql/query-time.ts";
export { unquoted } from "./promql/go-string.ts";
export { bucketsOf, usesCustomBuckets, type Bucket } from "./promql/histogram-buckets.ts";

export { compareLabels, Labels, METRIC_NAME, TYPE_LABEL, UNIT_LABEL } from "./promql/labels.ts";
export { labelsTest, labelTest, type LabelMatcher, type MatchOperator } from "./promql/label-matcher.ts";
export { MemoryQuerier } from "./promql/memory-querier.ts";
export { CUSTOM_BUCKETS_SCHEMA } from "./promql/native-histogram.ts";
export type { Buckets, CounterResetHint, NativeHistogram } from "./promql/native-histogram.ts";
export { EXPERIMENTAL_FUNCTIONS, FUNCTION_NAMES } from "./promql/function-signatures.ts";
export { BINARY_OPERATORS, parseSelector } from "./promql/parse.ts";
export { parsePrometheusDuration, prometheusDurationText } from "./promql/prometheus-duration.ts";
export { AGGREGATORS, EXPERIMENTAL_AGGREGATORS } from "./promql/tokens.ts";
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
export type { QueryStatistics } from "./promql/query-statistics.ts";
export { histogramDescription } from "./promql/histogram-description.ts";
export { asStored, parseMetric, parseSeriesDescription } from "./promql/series-description.ts";
export { selectorsOf } from "./promql/selectors.ts";
export { markStale, staleTest } from "./promql/stale-marker.ts";
export {
  EXPERIMENTAL_FEATURES,
  type PromqlFeatures,
  STABLE_FEATURES,
  type SyntaxFeatures,
} from "./promql/promql-features.ts";
