CREATE TABLE default.otel_traces (
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
  INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_duration Duration TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

CREATE TABLE default.otel_logs (
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
  INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_log_attr_key mapKeys(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_body Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, toDateTime(Timestamp), Timestamp)
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

CREATE TABLE default.metric_series (
  Day Date,
  Fingerprint UInt64,
  MetricName LowCardinality(String),
  PrometheusName LowCardinality(String),
  MetricType LowCardinality(String),
  MetricUnit LowCardinality(String),
  MetricDescription LowCardinality(String),
  AggregationTemporality UInt8,
  IsMonotonic UInt8,
  Labels Map(LowCardinality(String), String),
  Attributes Map(LowCardinality(String), String),
  AttributesTypes LowCardinality(String),
  Metadata Map(LowCardinality(String), String),
  MetadataTypes LowCardinality(String),
  ServiceName LowCardinality(String),
  ResourceAttributes Map(LowCardinality(String), String),
  ResourceAttributesTypes LowCardinality(String),
  ResourceDroppedAttributesCount UInt32,
  ResourceSchemaUrl LowCardinality(String),
  ScopeName String,
  ScopeVersion String,
  ScopeAttributes Map(LowCardinality(String), String),
  ScopeAttributesTypes LowCardinality(String),
  ScopeDroppedAttributesCount UInt32,
  ScopeSchemaUrl LowCardinality(String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(Day)
ORDER BY (PrometheusName, Fingerprint, Day)
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

CREATE TABLE default.metric_samples (
  Fingerprint UInt64 CODEC(ZSTD(1)),
  Timestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  StartTimestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Value Float64 CODEC(Gorilla, ZSTD(1)),
  IntValue Int64 CODEC(DoubleDelta, ZSTD(1)),
  ValueType UInt8 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (Fingerprint, Timestamp)
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

CREATE TABLE default.metric_histograms (
  Fingerprint UInt64 CODEC(ZSTD(1)),
  Timestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  StartTimestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Count UInt64 CODEC(DoubleDelta, ZSTD(1)),
  Sum Float64 CODEC(Gorilla, ZSTD(1)),
  Min Float64 CODEC(Gorilla, ZSTD(1)),
  Max Float64 CODEC(Gorilla, ZSTD(1)),
  Has UInt8 CODEC(ZSTD(1)),
  BucketCounts Array(UInt64) CODEC(ZSTD(1)),
  ExplicitBounds Array(Float64) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (Fingerprint, Timestamp)
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

CREATE TABLE default.metric_exponential_histograms (
  Fingerprint UInt64 CODEC(ZSTD(1)),
  Timestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  StartTimestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Count UInt64 CODEC(DoubleDelta, ZSTD(1)),
  Sum Float64 CODEC(Gorilla, ZSTD(1)),
  Min Float64 CODEC(Gorilla, ZSTD(1)),
  Max Float64 CODEC(Gorilla, ZSTD(1)),
  Has UInt8 CODEC(ZSTD(1)),
  Scale Int32 CODEC(ZSTD(1)),
  ZeroCount UInt64 CODEC(ZSTD(1)),
  ZeroThreshold Float64 CODEC(ZSTD(1)),
  PositiveOffset Int32 CODEC(ZSTD(1)),
  PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1)),
  NegativeOffset Int32 CODEC(ZSTD(1)),
  NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (Fingerprint, Timestamp)
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

CREATE TABLE default.metric_summaries (
  Fingerprint UInt64 CODEC(ZSTD(1)),
  Timestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  StartTimestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Count UInt64 CODEC(DoubleDelta, ZSTD(1)),
  Sum Float64 CODEC(Gorilla, ZSTD(1)),
  Quantiles Array(Float64) CODEC(ZSTD(1)),
  QuantileValues Array(Float64) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (Fingerprint, Timestamp)
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

CREATE TABLE default.metric_exemplars (
  Fingerprint UInt64 CODEC(ZSTD(1)),
  Timestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  PointTimestamp DateTime64(9) CODEC(DoubleDelta, ZSTD(1)),
  Value Float64 CODEC(Gorilla, ZSTD(1)),
  IntValue Int64 CODEC(DoubleDelta, ZSTD(1)),
  ValueType UInt8 CODEC(ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  FilteredAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  FilteredAttributesTypes LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (Fingerprint, Timestamp)
SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000;

