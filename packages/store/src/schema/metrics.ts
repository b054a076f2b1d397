/**
 * Metrics: labels stand once a series and day in `metric_series`; points carry only the
 * series' fingerprint, and stand in the order of their locality: metric by metric, process by process. What is asked
 * together is read together, and the times of one process's exports are next to each other and compress away
 * (docs/adr/0015-schema-measured.md).
 */
import { VALUE_TYPE } from "../transcode/points/number-columns.ts";
import { POINT_TABLE_SETTINGS, TABLE_SETTINGS } from "./settings.ts";

const SERIES_TABLE = `
CREATE TABLE IF NOT EXISTS metric_series (
  Day Date,
  Locality UInt64,
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
ORDER BY (PrometheusName, Fingerprint, Day, Locality)
${TABLE_SETTINGS}`;

const POINT_COLUMNS = `
  Locality UInt64 CODEC(ZSTD(1)),
  Fingerprint UInt64 CODEC(ZSTD(1)),
  Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
  StartTimestamp DateTime64(9) CODEC(ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1))`;

/** An integer stands in `IntValue` alone, exactly; `Value` is what queries ask for. */
const NUMBER_COLUMNS = `
  DoubleValue Float64 CODEC(Delta, ZSTD(1)),
  IntValue Int64 CODEC(DoubleDelta, ZSTD(1)),
  ValueType UInt8 CODEC(ZSTD(1)),
  Value Float64 ALIAS if(ValueType = ${VALUE_TYPE.int}, toFloat64(IntValue), DoubleValue)`;

const DISTRIBUTION_COLUMNS = `
  Count UInt64 CODEC(DoubleDelta, ZSTD(1)),
  Sum Float64 CODEC(Gorilla, ZSTD(1)),
  Min Float64 CODEC(Gorilla, ZSTD(1)),
  Max Float64 CODEC(Gorilla, ZSTD(1)),
  Has UInt8 CODEC(ZSTD(1))`;

/** The tables of points, and the columns of each. */
export const POINT_TABLES: Readonly<Record<string, readonly string[]>> = {
  metric_samples: [POINT_COLUMNS, NUMBER_COLUMNS],
  metric_histograms: [
    POINT_COLUMNS,
    DISTRIBUTION_COLUMNS,
    "BucketCounts Array(UInt64) CODEC(ZSTD(1))",
    "ExplicitBounds Array(Float64) CODEC(ZSTD(1))",
  ],
  metric_exponential_histograms: [
    POINT_COLUMNS,
    DISTRIBUTION_COLUMNS,
    "Scale Int32 CODEC(ZSTD(1))",
    "ZeroCount UInt64 CODEC(ZSTD(1))",
    "ZeroThreshold Float64 CODEC(ZSTD(1))",
    "PositiveOffset Int32 CODEC(ZSTD(1))",
    "PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1))",
    "NegativeOffset Int32 CODEC(ZSTD(1))",
    "NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1))",
  ],
  metric_summaries: [
    POINT_COLUMNS,
    "Count UInt64 CODEC(DoubleDelta, ZSTD(1))",
    "Sum Float64 CODEC(Gorilla, ZSTD(1))",
    "Quantiles Array(Float64) CODEC(ZSTD(1))",
    "QuantileValues Array(Float64) CODEC(ZSTD(1))",
  ],
};

const EXEMPLAR_COLUMNS = [
  "Locality UInt64 CODEC(ZSTD(1))",
  "Fingerprint UInt64 CODEC(ZSTD(1))",
  "Timestamp DateTime64(9) CODEC(Delta, ZSTD(1))",
  "PointTimestamp DateTime64(9) CODEC(Delta, ZSTD(1))",
  NUMBER_COLUMNS,
  "TraceId String CODEC(ZSTD(1))",
  "SpanId String CODEC(ZSTD(1))",
  "FilteredAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1))",
  "FilteredAttributesTypes LowCardinality(String) CODEC(ZSTD(1))",
];

export const METRIC_TABLES: readonly string[] = [
  SERIES_TABLE,
  ...Object.entries(POINT_TABLES).map(([name, columns]) => pointsTable(name, columns)),
  pointsTable("metric_exemplars", EXEMPLAR_COLUMNS),
];

function pointsTable(name: string, columns: readonly string[]): string {
  return `
CREATE TABLE IF NOT EXISTS ${name} (${columns.map((column) => `\n  ${column.trim()}`).join(",")}
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (Locality, Fingerprint, Timestamp)
${POINT_TABLE_SETTINGS}`;
}
