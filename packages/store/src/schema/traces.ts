/**
 * `otel_traces`: the layout of the Collector's ClickHouse exporter, and behind it the columns
 * for what that layout loses (docs/adr/0003-tables.md).
 */
import { attributeIndexes, TABLE_SETTINGS } from "./settings.ts";

export const TRACES_TABLE: string = `
CREATE TABLE IF NOT EXISTS otel_traces (
  Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  Duration UInt64 CODEC(ZSTD(1)),
  StatusCode LowCardinality(String) CODEC(ZSTD(1)),
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested (
    Timestamp DateTime64(9),
    Name LowCardinality(String),
    Attributes Map(LowCardinality(String), String),
    AttributesTypes LowCardinality(String),
    DroppedAttributesCount UInt32
  ) CODEC(ZSTD(1)),
  Links Nested (
    TraceId String,
    SpanId String,
    TraceState String,
    Attributes Map(LowCardinality(String), String),
    AttributesTypes LowCardinality(String),
    DroppedAttributesCount UInt32,
    Flags UInt32
  ) CODEC(ZSTD(1)),
  SpanFlags UInt32 CODEC(ZSTD(1)),
  SpanAttributesTypes LowCardinality(String) CODEC(ZSTD(1)),
  DroppedAttributesCount UInt32 CODEC(ZSTD(1)),
  DroppedEventsCount UInt32 CODEC(ZSTD(1)),
  DroppedLinksCount UInt32 CODEC(ZSTD(1)),
  ResourceAttributesTypes LowCardinality(String) CODEC(ZSTD(1)),
  ResourceDroppedAttributesCount UInt32 CODEC(ZSTD(1)),
  ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeAttributesTypes LowCardinality(String) CODEC(ZSTD(1)),
  ScopeDroppedAttributesCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  ${attributeIndexes("res_attr", "ResourceAttributes")},
  ${attributeIndexes("span_attr", "SpanAttributes")},
  INDEX idx_duration Duration TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
${TABLE_SETTINGS}`;
