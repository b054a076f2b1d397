/** OTLP's messages as protobufjs encodes and decodes them, by a schema written from the `.proto` files of the specification. */
import protobuf from "protobufjs";
import type { Field, Message } from "./schema/message.ts";

const SCHEMA = `
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message InstrumentationScope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message EntityRef { string schema_url = 1; string type = 2; repeated string id_keys = 3; repeated string description_keys = 4; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; repeated EntityRef entity_refs = 3; }

message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; fixed32 flags = 16; string name = 5;
  int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  uint32 dropped_attributes_count = 10; repeated Event events = 11; uint32 dropped_events_count = 12; repeated Link links = 13;
  uint32 dropped_links_count = 14; SpanStatus status = 15; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; uint32 dropped_attributes_count = 5;
  fixed32 flags = 6; }
message SpanStatus { string message = 2; int32 code = 3; }

message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message ScopeMetrics { InstrumentationScope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message Metric { string name = 1; string description = 2; string unit = 3; oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9;
  ExponentialHistogram exponential_histogram = 10; Summary summary = 11; } repeated KeyValue metadata = 12; }
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message ExponentialHistogram { repeated ExponentialHistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message Summary { repeated SummaryDataPoint data_points = 1; }
message NumberDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; } repeated Exemplar exemplars = 5; uint32 flags = 8; }
message HistogramDataPoint { repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated Exemplar exemplars = 8;
  uint32 flags = 10; optional double min = 11; optional double max = 12; }
message ExponentialHistogramDataPoint { repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9;
  uint32 flags = 10; repeated Exemplar exemplars = 11; optional double min = 12; optional double max = 13; double zero_threshold = 14; }
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message SummaryDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  double sum = 5; repeated ValueAtQuantile quantile_values = 6; uint32 flags = 8; }
message ValueAtQuantile { double quantile = 1; double value = 2; }
message Exemplar { repeated KeyValue filtered_attributes = 7; fixed64 time_unix_nano = 2; oneof value { double as_double = 3; sfixed64 as_int = 6; }
  bytes span_id = 4; bytes trace_id = 5; }

message ExportLogsServiceRequest { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message ScopeLogs { InstrumentationScope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
message LogRecord { fixed64 time_unix_nano = 1; fixed64 observed_time_unix_nano = 11; int32 severity_number = 2; string severity_text = 3;
  AnyValue body = 5; repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8; bytes trace_id = 9;
  bytes span_id = 10; string event_name = 12; }

message ExportTraceServiceResponse { TracePartialSuccess partial_success = 1; }
message TracePartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message ExportMetricsServiceResponse { MetricsPartialSuccess partial_success = 1; }
message MetricsPartialSuccess { int64 rejected_data_points = 1; string error_message = 2; }
message ExportLogsServiceResponse { LogsPartialSuccess partial_success = 1; }
message LogsPartialSuccess { int64 rejected_log_records = 1; string error_message = 2; }

message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
message Any { string type_url = 1; bytes value = 2; }
message RetryInfo { Duration retry_delay = 1; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
`;

/** As much of a `Long` as protobufjs needs to hand 64-bit integers out exactly. */
class Halves {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;

  constructor(low: number, high: number, unsigned: boolean) {
    this.low = low;
    this.high = high;
    this.unsigned = unsigned;
  }

  static fromNumber(value: number, unsigned: boolean): Halves {
    return new Halves(value | 0, Math.floor(value / 2 ** 32) | 0, unsigned);
  }

  toNumber(): number {
    return this.high * 2 ** 32 + (this.low >>> 0);
  }
}

// Other tests of this process may have given protobufjs a class of theirs, which has the same halves.
protobuf.util.Long ??= Halves;
protobuf.configure();

const root = protobuf.parse(SCHEMA).root;

/** Encodes an object in the shape that `decode` of this package returns. */
export function officialEncode(message: Message, object: object): Uint8Array {
  return root
    .lookupType(message.name)
    .encode(toOfficial(object) as Record<string, unknown>)
    .finish();
}

/** Decodes into that shape; fields that were not on the wire are missing. */
export function officialDecode(message: Message, bytes: Uint8Array): object {
  return fromOfficial(root.lookupType(message.name).decode(bytes)) as object;
}

/** An object without the fields that proto3 does not write: implicit zeros and empty lists. */
export function withoutDefaults(message: Message, object: object): object {
  const entries = message.fields.flatMap((field) => {
    const value = (object as Record<string, unknown>)[field.name];
    return isDefault(field, value) ? [] : [[field.name, plain(field, value)]];
  });
  return Object.fromEntries(entries) as object;
}

function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (field.explicit) return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === "" || value === false || value === 0n || Object.is(value, 0);
}

function plain(field: Field, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => plain({ ...field, repeated: false }, item));
  if (field.message !== undefined) return withoutDefaults(field.message(), value as object);
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

function toOfficial(value: unknown): unknown {
  if (typeof value === "bigint") {
    const bits = BigInt.asUintN(64, value);
    return new Halves(Number(bits & 0xffff_ffffn) | 0, Number(bits >> 32n) | 0, true);
  }
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toOfficial);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toOfficial(item)]));
}

function fromOfficial(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(fromOfficial);
  if (typeof value !== "object" || value === null) return value;
  if ("low" in value && "high" in value) {
    const { low, high, unsigned } = value as Halves;
    const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    return unsigned ? bits : BigInt.asIntN(64, bits);
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fromOfficial(item)]));
}
