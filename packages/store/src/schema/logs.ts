/** `otel_logs`: the layout of the Collector's ClickHouse exporter, and the columns for what that layout loses. */
import { attributeValueIndexes, LOG_TABLE_SETTINGS, TABLE_SETTINGS, TRACE_ID_INDEX } from "./settings.ts";

export const LOG_VALUE_INDEXES: readonly string[] = attributeValueIndexes("LogAttributes", "ResourceAttributes");

export const LOGS_TABLE: string = `
CREATE TABLE IF NOT EXISTS otel_logs (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  TraceFlags UInt8 CODEC(ZSTD(1)),
  SeverityText LowCardinality(String) CODEC(ZSTD(1)),
  SeverityNumber UInt8 CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  Body String CODEC(ZSTD(3)),
  ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(3)),
  ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ScopeName LowCardinality(String) CODEC(ZSTD(1)),
  ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
  EventName LowCardinality(String) CODEC(ZSTD(1)),
  TimestampSource UInt8 CODEC(ZSTD(1)),
  ObservedTimestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  BodyType LowCardinality(String) CODEC(ZSTD(1)),
  LogAttributesTypes LowCardinality(String) CODEC(ZSTD(1)),
  DroppedAttributesCount UInt32 CODEC(ZSTD(1)),
  ResourceAttributesTypes LowCardinality(String) CODEC(ZSTD(1)),
  ResourceDroppedAttributesCount UInt32 CODEC(ZSTD(1)),
  ScopeAttributesTypes LowCardinality(String) CODEC(ZSTD(1)),
  ScopeDroppedAttributesCount UInt32 CODEC(ZSTD(1)),
  ${TRACE_ID_INDEX},
  INDEX idx_words lower(Body) TYPE tokenbf_v1(4096, 3, 0) GRANULARITY 1,
  ${LOG_VALUE_INDEXES.join(",\n  ")}
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (toStartOfHour(Timestamp), ServiceName, Timestamp)
${LOG_TABLE_SETTINGS}`;

/** How many records of each service and severity there are, by quarters of an hour. */
export const LOG_COUNTS_TABLE: string = `
CREATE TABLE IF NOT EXISTS log_counts (
  Time DateTime CODEC(Delta, ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  SeverityNumber UInt8 CODEC(ZSTD(1)),
  Logs UInt64 CODEC(T64, ZSTD(1)),
  LastSeen SimpleAggregateFunction(max, DateTime64(9)) CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree((Logs))
PARTITION BY toDate(Time)
ORDER BY (Time, ServiceName, SeverityNumber)
${TABLE_SETTINGS}`;

export const LOG_COUNTS_QUERY: string = `
SELECT toStartOfFifteenMinutes(Timestamp) AS Time, ServiceName, SeverityNumber, count() AS Logs, max(Timestamp) AS LastSeen
FROM otel_logs GROUP BY Time, ServiceName, SeverityNumber`;

const LOG_COUNTS_VIEW = `
CREATE MATERIALIZED VIEW IF NOT EXISTS log_counts_mv TO log_counts AS ${LOG_COUNTS_QUERY}`;

export const LOG_STATEMENTS: readonly string[] = [LOGS_TABLE, LOG_COUNTS_TABLE, LOG_COUNTS_VIEW];
