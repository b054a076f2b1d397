/** `opentelemetry/proto/metrics/v1` and its collector service. */
import { InstrumentationScope, KeyValue, Resource } from "./common.ts";
import { choice, explicit, field, list, many, message, one, oneof, type Message } from "./message.ts";

const AGGREGATION_TEMPORALITIES = [
  "AGGREGATION_TEMPORALITY_UNSPECIFIED",
  "AGGREGATION_TEMPORALITY_DELTA",
  "AGGREGATION_TEMPORALITY_CUMULATIVE",
];

const Exemplar: Message = message("Exemplar", [
  field(2, "timeUnixNano", "fixed64"),
  ...oneof("value", field(3, "asDouble", "double"), field(6, "asInt", "sfixed64")),
  field(4, "spanId", "spanId"),
  field(5, "traceId", "traceId"),
  many(7, "filteredAttributes", () => KeyValue),
]);

const NumberDataPoint: Message = message(
  "NumberDataPoint",
  [
    field(2, "startTimeUnixNano", "fixed64"),
    field(3, "timeUnixNano", "fixed64"),
    ...oneof("value", field(4, "asDouble", "double"), field(6, "asInt", "sfixed64")),
    many(5, "exemplars", () => Exemplar),
    many(7, "attributes", () => KeyValue),
    field(8, "flags", "uint32"),
  ],
  "items",
);

const HistogramDataPoint: Message = message(
  "HistogramDataPoint",
  [
    field(2, "startTimeUnixNano", "fixed64"),
    field(3, "timeUnixNano", "fixed64"),
    field(4, "count", "fixed64"),
    explicit(5, "sum", "double"),
    list(6, "bucketCounts", "fixed64"),
    list(7, "explicitBounds", "double"),
    many(8, "exemplars", () => Exemplar),
    many(9, "attributes", () => KeyValue),
    field(10, "flags", "uint32"),
    explicit(11, "min", "double"),
    explicit(12, "max", "double"),
  ],
  "items",
);

const Buckets: Message = message("Buckets", [field(1, "offset", "sint32"), list(2, "bucketCounts", "uint64")]);

const ExponentialHistogramDataPoint: Message = message(
  "ExponentialHistogramDataPoint",
  [
    many(1, "attributes", () => KeyValue),
    field(2, "startTimeUnixNano", "fixed64"),
    field(3, "timeUnixNano", "fixed64"),
    field(4, "count", "fixed64"),
    explicit(5, "sum", "double"),
    field(6, "scale", "sint32"),
    field(7, "zeroCount", "fixed64"),
    one(8, "positive", () => Buckets),
    one(9, "negative", () => Buckets),
    field(10, "flags", "uint32"),
    many(11, "exemplars", () => Exemplar),
    explicit(12, "min", "double"),
    explicit(13, "max", "double"),
    field(14, "zeroThreshold", "double"),
  ],
  "items",
);

const ValueAtQuantile: Message = message("ValueAtQuantile", [
  field(1, "quantile", "double"),
  field(2, "value", "double"),
]);

const SummaryDataPoint: Message = message(
  "SummaryDataPoint",
  [
    field(2, "startTimeUnixNano", "fixed64"),
    field(3, "timeUnixNano", "fixed64"),
    field(4, "count", "fixed64"),
    field(5, "sum", "double"),
    many(6, "quantileValues", () => ValueAtQuantile),
    many(7, "attributes", () => KeyValue),
    field(8, "flags", "uint32"),
  ],
  "items",
);

const temporality = choice(2, "aggregationTemporality", AGGREGATION_TEMPORALITIES);

const Metric: Message = message(
  "Metric",
  [
    field(1, "name", "string"),
    field(2, "description", "string"),
    field(3, "unit", "string"),
    ...oneof(
      "data",
      one(5, "gauge", () => Gauge),
      one(7, "sum", () => Sum),
      one(9, "histogram", () => Histogram),
      one(10, "exponentialHistogram", () => ExponentialHistogram),
      one(11, "summary", () => Summary),
    ),
    many(12, "metadata", () => KeyValue),
  ],
  "metrics",
);

const Gauge: Message = message("Gauge", [many(1, "dataPoints", () => NumberDataPoint)]);
const Sum: Message = message("Sum", [
  many(1, "dataPoints", () => NumberDataPoint),
  temporality,
  field(3, "isMonotonic", "bool"),
]);
const Histogram: Message = message("Histogram", [many(1, "dataPoints", () => HistogramDataPoint), temporality]);
const ExponentialHistogram: Message = message("ExponentialHistogram", [
  many(1, "dataPoints", () => ExponentialHistogramDataPoint),
  temporality,
]);
const Summary: Message = message("Summary", [many(1, "dataPoints", () => SummaryDataPoint)]);

const ScopeMetrics: Message = message("ScopeMetrics", [
  one(1, "scope", () => InstrumentationScope),
  many(2, "metrics", () => Metric),
  field(3, "schemaUrl", "string"),
]);

const ResourceMetrics: Message = message(
  "ResourceMetrics",
  [one(1, "resource", () => Resource), many(2, "scopeMetrics", () => ScopeMetrics), field(3, "schemaUrl", "string")],
  "resources",
);

export const ExportMetricsServiceRequest: Message = message("ExportMetricsServiceRequest", [
  many(1, "resourceMetrics", () => ResourceMetrics),
]);
