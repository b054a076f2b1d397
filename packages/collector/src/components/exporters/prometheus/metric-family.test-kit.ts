/** Pages of Prometheus's protobuf format as protobufjs reads them, by a schema written from `io/prometheus/client/metrics.proto`. */
import protobuf from "protobufjs";

const SCHEMA = `
syntax = "proto3";
message LabelPair { string name = 1; string value = 2; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Gauge { double value = 1; }
message Counter { double value = 1; Exemplar exemplar = 2; Timestamp created_timestamp = 3; }
message Quantile { double quantile = 1; double value = 2; }
message Summary { uint64 sample_count = 1; double sample_sum = 2; repeated Quantile quantile = 3; Timestamp created_timestamp = 4; }
message Untyped { double value = 1; }
message Histogram { uint64 sample_count = 1; double sample_sum = 2; repeated Bucket bucket = 3; Timestamp created_timestamp = 15;
  sint32 schema = 5; double zero_threshold = 6; uint64 zero_count = 7; repeated BucketSpan negative_span = 9;
  repeated sint64 negative_delta = 10; repeated BucketSpan positive_span = 12; repeated sint64 positive_delta = 13; repeated Exemplar exemplars = 16; }
message Bucket { uint64 cumulative_count = 1; double upper_bound = 2; Exemplar exemplar = 3; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Exemplar { repeated LabelPair label = 1; double value = 2; Timestamp timestamp = 3; }
message Metric { repeated LabelPair label = 1; Gauge gauge = 2; Counter counter = 3; Summary summary = 4; Untyped untyped = 5;
  Histogram histogram = 7; int64 timestamp_ms = 6; }
message MetricFamily { string name = 1; string help = 2; int32 type = 3; repeated Metric metric = 4; string unit = 5; }
`;

const FAMILY = protobuf.parse(SCHEMA).root.lookupType("MetricFamily");

export const PROTOBUF_ACCEPT =
  "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3";

export interface ReadFamily {
  readonly name: string;
  readonly type: number;
  readonly metric: readonly Record<string, unknown>[];
}

export function readFamilies(page: Uint8Array): ReadFamily[] {
  const families: ReadFamily[] = [];
  const reader = protobuf.Reader.create(page);
  while (reader.pos < page.length) {
    families.push(
      FAMILY.toObject(FAMILY.decodeDelimited(reader), {
        longs: Number,
        arrays: true,
        defaults: true,
      }) as unknown as ReadFamily,
    );
  }
  return families;
}
