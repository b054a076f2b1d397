/**
 * `otel_traces`: the layout of the Collector's ClickHouse exporter, and behind it the columns
 * for what that layout loses (docs/adr/0003-tables.md).
 */
import { DURATION_BUCKETS_PER_DOUBLING } from "./service-edges.ts";
import { HAS, HAS_ANYTHING } from "./rare-columns.ts";
import {
  attributeValueIndexes,
  LOOKUP_TABLE_SETTINGS,
  SPAN_TABLE_SETTINGS,
  TABLE_SETTINGS,
  TRACE_ID_INDEX,
} from "./settings.ts";

export const SPAN_VALUE_INDEXES: readonly string[] = attributeValueIndexes("SpanAttributes", "ResourceAttributes");

/** Worked out as rows are inserted; see `rare-columns.ts`. */
export const SPAN_HAS_COLUMN: string = `Has UInt8 MATERIALIZED ${HAS} CODEC(ZSTD(1))`;

/**
 * Within a service what was at one time is together, and so a trace's spans are in few places; within that, by name, which compresses best
 * (docs/adr/0025-spans-by-time.md). A table that is there keeps its order: nothing but speed depends on it.
 */
export const NEARBY = "toStartOfInterval(Timestamp, INTERVAL 10 SECOND)";

const TRACES_TABLE = `
CREATE TABLE IF NOT EXISTS otel_traces (
  Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(3)),
  ScopeName LowCardinality(String) CODEC(ZSTD(1)),
  ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
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
  ${SPAN_HAS_COLUMN},
  ${TRACE_ID_INDEX},
  ${SPAN_VALUE_INDEXES.join(",\n  ")}
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (toStartOfHour(Timestamp), ServiceName, ${NEARBY}, SpanName, Timestamp)
${SPAN_TABLE_SETTINGS}`;

export const TRACE_HAS_COLUMN: string = `Has UInt8 DEFAULT ${HAS_ANYTHING} CODEC(ZSTD(1))`;

/**
 * The hours in which each trace has spans, so that a lookup by id alone reads only those, and what its spans have. Named as the
 * Collector's exporter names it, with columns more.
 */
const TRACE_TIMES_TABLE = `
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts (
  TraceId String CODEC(ZSTD(1)),
  Start DateTime CODEC(Delta, ZSTD(1)),
  End DateTime CODEC(Delta, ZSTD(1)),
  Hour DateTime CODEC(Delta, ZSTD(1)),
  ${TRACE_HAS_COLUMN}
)
ENGINE = MergeTree
PARTITION BY toDate(Hour)
ORDER BY (TraceId, Hour)
${LOOKUP_TABLE_SETTINGS}`;

export const TRACE_TIMES_QUERY: string = `
SELECT TraceId, toDateTime(min(Timestamp)) AS Start, toDateTime(max(Timestamp)) AS End, toStartOfHour(Timestamp) AS Hour,
  groupBitOr(Has) AS Has
FROM otel_traces WHERE TraceId != '' GROUP BY TraceId, Hour`;

export const TRACE_TIMES_VIEW: string = `
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_places_mv TO otel_traces_trace_id_ts AS ${TRACE_TIMES_QUERY}`;

/** Spans that others called: server and consumer spans, and roots. */
export const IS_REQUEST = "(SpanKind IN ('Server', 'Consumer') OR empty(ParentSpanId))";

/** A span's duration in nanoseconds. One that ends before it starts is kept as it came, wrapped below zero; it counts as 0. */
export const DURATION = "if(Duration >= 9223372036854775808, 0, Duration)";

/** Its logarithmic bucket. */
export const DURATION_BUCKET: string = `toInt16(floor(log2(greatest(${DURATION}, 1)) * ${DURATION_BUCKETS_PER_DOUBLING}))`;

/**
 * How many spans of each operation took how long, by quarters of an hour: rates, errors and durations of any window. Of spans that
 * are no requests, only how many there were.
 */
const SPAN_DURATIONS_TABLE = `
CREATE TABLE IF NOT EXISTS span_durations (
  Time DateTime CODEC(Delta, ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  IsRequest UInt8 CODEC(ZSTD(1)),
  IsError UInt8 CODEC(ZSTD(1)),
  DurationBucket Int16 CODEC(Delta, ZSTD(1)),
  Spans UInt64 CODEC(T64, ZSTD(1)),
  LastSeen SimpleAggregateFunction(max, DateTime64(9)) CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree((Spans))
PARTITION BY toDate(Time)
ORDER BY (Time, ServiceName, SpanName, IsRequest, IsError, DurationBucket)
${TABLE_SETTINGS}`;

export const SPAN_DURATIONS_QUERY: string = `
SELECT toStartOfFifteenMinutes(Timestamp) AS Time, ServiceName, SpanName, ${IS_REQUEST} AS IsRequest,
  StatusCode = 'Error' AS IsError,
  if(IsRequest, ${DURATION_BUCKET}, 0) AS DurationBucket,
  count() AS Spans, max(Timestamp) AS LastSeen
FROM otel_traces GROUP BY Time, ServiceName, SpanName, IsRequest, IsError, DurationBucket`;

const SPAN_DURATIONS_VIEW = `
CREATE MATERIALIZED VIEW IF NOT EXISTS span_durations_mv TO span_durations AS ${SPAN_DURATIONS_QUERY}`;

export const TRACE_STATEMENTS: readonly string[] = [
  TRACES_TABLE,
  TRACE_TIMES_TABLE,
  TRACE_TIMES_VIEW,
  SPAN_DURATIONS_TABLE,
  SPAN_DURATIONS_VIEW,
];
