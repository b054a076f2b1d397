/** A receiver of remote write whose messages protobufjs reads, by a schema written from Prometheus's `.proto` files. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import protobuf from "protobufjs";
import { snappyDecompress } from "../../../compression/snappy.ts";

const SCHEMA_V1 = `
syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram { oneof count { uint64 count_int = 1; double count_float = 2; } double sum = 3; sint32 schema = 4;
  double zero_threshold = 5; oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10; repeated BucketSpan positive_spans = 11;
  repeated sint64 positive_deltas = 12; repeated double positive_counts = 13; int32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16; }
`;

const SCHEMA_V2 = `
syntax = "proto3";
message Request { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
message TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
  repeated Exemplar exemplars = 4; Metadata metadata = 5; }
message Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
message Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message Metadata { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram { oneof count { uint64 count_int = 1; double count_float = 2; } double sum = 3; sint32 schema = 4;
  double zero_threshold = 5; oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10; repeated BucketSpan positive_spans = 11;
  repeated sint64 positive_deltas = 12; repeated double positive_counts = 13; int32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16;
  int64 start_timestamp = 17; }
`;

export const WRITE_REQUEST_V1: protobuf.Type = protobuf.parse(SCHEMA_V1).root.lookupType("WriteRequest");
export const WRITE_REQUEST_V2: protobuf.Type = protobuf.parse(SCHEMA_V2).root.lookupType("Request");

export interface ReadSeries {
  /** As PromQL writes it, with the name in front. */
  readonly series: string;
  readonly samples: readonly { readonly value: number; readonly timestamp: number; readonly startTimestamp?: number }[];
  readonly exemplars: readonly object[];
  readonly histograms: readonly object[];
  readonly metadata?: object;
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly series: readonly ReadSeries[];
  readonly metadata: readonly object[];
}

export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  close(): void;
}

export const WRITTEN_ALL = { status: 204, headers: { "x-prometheus-remote-write-samples-written": "1" } };

/** Answers each request as `answer` says, and keeps all of them. */
export async function receiver(
  answer: (received: Received, count: number) => Answer = () => WRITTEN_ALL,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = snappyDecompress(Buffer.concat(chunks), 10_000_000, () => new Error("too large"));
      const one = { headers: request.headers, bytes, ...read(bytes, request.headers["content-type"] ?? "") };
      received.push(one);
      const { status, headers = {}, body = "" } = answer(one, received.length);
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`;
  return {
    url,
    received,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface PlainSeries extends Omit<ReadSeries, "series"> {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly labelsRefs: readonly number[];
  readonly metadata: { readonly helpRef: number; readonly unitRef: number };
}

function read(bytes: Buffer, contentType: string): Pick<Received, "series" | "metadata"> {
  const isV2 = contentType.includes("io.prometheus.write.v2.Request");
  const type = isV2 ? WRITE_REQUEST_V2 : WRITE_REQUEST_V1;
  const plain = type.toObject(type.decode(bytes), { longs: Number, arrays: true, defaults: true }) as {
    readonly timeseries: readonly PlainSeries[];
    readonly metadata?: readonly object[];
    readonly symbols?: readonly string[];
  };
  if (!isV2) {
    const series = plain.timeseries.map(({ labels, ...rest }) => ({
      ...rest,
      series: seriesText(labels.map(({ name, value }) => [name, value])),
    }));
    return { series, metadata: plain.metadata ?? [] };
  }
  const symbols = plain.symbols ?? [];
  const texts = (references: readonly number[]): string[] => references.map((one) => symbols[one] ?? "?");
  const series = plain.timeseries.map(({ labelsRefs, metadata, exemplars, ...rest }) => {
    const flat = texts(labelsRefs);
    const pairs = Array.from({ length: flat.length / 2 }, (_unused, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);
    return {
      ...rest,
      series: seriesText(pairs),
      exemplars: exemplars.map((one) => {
        const { labelsRefs: references, ...other } = one as { readonly labelsRefs: readonly number[] };
        return { ...other, labels: texts(references) };
      }),
      metadata: { ...metadata, help: symbols[metadata.helpRef], unit: symbols[metadata.unitRef] },
    };
  });
  return { series, metadata: [] };
}

function seriesText(labels: readonly (readonly [string, string])[]): string {
  const names = labels.map(([name]) => name);
  if (names.some((name, i) => i > 0 && names[i - 1]! >= name)) throw new Error(`not sorted: ${names.join(",")}`);
  const name = labels.find(([key]) => key === "__name__")?.[1] ?? "";
  const rest = labels.filter(([key]) => key !== "__name__").map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${rest.join(",")}}`;
}
