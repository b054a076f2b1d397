export type { BackupManifest } from "./backup/backup.ts";
export { claimDirectory } from "./claim-directory.ts";
export { parseClickHouseUrl, type ClickHouseServer } from "./engine/clickhouse-url.ts";
export { credentialHeaders, type EngineEndpoint } from "./engine/engine-endpoint.ts";
export { runEngineProgram } from "./engine/engine-program.ts";
export type { JsonAnyValue, JsonKeyValue } from "./read/attribute-values.ts";
export { ExportReader, type ExportFilter, type JsonRequest } from "./read/export/export-reader.ts";
export type { AttributeFilter, TimeWindow } from "./read/conditions.ts";
export { bodyTest } from "./read/log-text.ts";
export { type LogCursor } from "./read/log-places.ts";
export { LogReader, type LogBucket, type LogFilter, type StoredLog } from "./read/log-reader.ts";
export { linkedClient, type EngineLink } from "./engine/engine-link.ts";
export type { PointListener, ToldChanges } from "./metric-changes.ts";
export { MAX_SERIES, MetricReader, type LabelCondition, type PointWindow } from "./read/metric-reader.ts";
export {
  isPrometheusSeries,
  NO_RECORDED_VALUE,
  type ExponentialHistogramPoint,
  type HistogramPoint,
  type StoredExemplar,
  type StoredSeries,
  type SummaryPoint,
} from "./read/stored-metrics.ts";
export type { HistogramColumns, NumberColumns, PointColumns, PointRun } from "./read/point-columns.ts";
export type { MillisWindow } from "./read/millis-window.ts";
export type { StoredTarget } from "./read/targets.ts";
export { MetricPointReader } from "./read/metric-points.ts";
export { seriesStatistics, type SeriesCount, type SeriesStatistics } from "./read/series-statistics.ts";
export { OverviewReader } from "./read/overview-reader.ts";
export type { JsonResourceSpans, JsonSpan } from "./read/span-rows.ts";
export {
  TraceReader,
  type Operation,
  type SkeletonSpan,
  type SpanFilter,
  type TraceCursor,
  type TraceSummary,
} from "./read/trace-reader.ts";
export { moveToServer, type MovedTable, type MoveSettings } from "./move/move-to-server.ts";
export type { PointUse } from "./read/rollup-plan.ts";
export { signalOfTable } from "./retention/partitions.ts";
export type { DiskHealth } from "./retention/retention.ts";
export {
  parseRetention,
  parseRetentionRule,
  type RetentionAges,
  type RetentionRule,
} from "./retention/retention-settings.ts";
export { parseRollup, type RollupAges } from "./rollup/resolutions.ts";
export { Store } from "./store.ts";
export type { StoreHealth, StoreSettings } from "./store-settings.ts";
