/** `otel_logs`: the layout of the Collector's ClickHouse exporter, and the columns for what that layout loses. */
import { attributeIndexes, TABLE_SETTINGS } from "./settings.ts";

export const LOGS_TABLE: string = `
CREATE TABLE IF NOT EXISTS otel_logs (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  TraceFlags UInt8 CODEC(ZSTD(1)),
  SeverityText LowCardinality(String) CODEC(ZSTD(1)),
  SeverityNumber UInt8 CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  Body String CODEC(ZSTD(1)),
  ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
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
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  ${attributeIndexes("res_attr", "ResourceAttributes")},
  ${attributeIndexes("log_attr", "LogAttributes")},
  INDEX idx_body Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, toDateTime(Timestamp), Timestamp)
${TABLE_SETTINGS}`;
