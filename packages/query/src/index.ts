export { Labels } from "./promql/labels.ts";
export { labelsTest, labelTest, type LabelMatcher, type MatchOperator } from "./promql/label-matcher.ts";
export type { Buckets, CounterResetHint, NativeHistogram } from "./promql/native-histogram.ts";
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
export { markStale } from "./promql/stale-marker.ts";
