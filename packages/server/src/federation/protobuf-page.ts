/**
 * Federated families as `io.prometheus.client.MetricFamily` messages, each behind its length: the one format that has
 * native histograms. https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
import { Writer } from "@clew/otlp";
import { escapedName, type Escaping } from "@clew/otlp/prometheus";
import { type Buckets, type NativeHistogram, usesCustomBuckets } from "@clew/query";
import { spansOf } from "../metrics/bucket-spans.ts";
import type { FederatedFamily, FederatedMetric } from "./federated-family.ts";
import { cumulativeBuckets } from "./text-page.ts";

const TYPES = { untyped: 3, histogram: 4, gaugehistogram: 5 } as const;

export function* protobufPage(families: readonly FederatedFamily[], escaping: Escaping): Generator<Uint8Array> {
  for (const { name, type, metrics } of families) {
    const family = new Writer();
    family.string(1, escapedName(name, escaping));
    family.uint(3, TYPES[type]);
    for (const metric of metrics) writeMetric(family, metric, escaping);
    const delimited = new Writer(family.byteLength + 10);
    delimited.varint(family.byteLength);
    delimited.raw(family.view());
    yield delimited.take();
  }
}

function writeMetric(writer: Writer, { labels, timestampMs, value }: FederatedMetric, escaping: Escaping): void {
  const metric = writer.begin(4);
  for (const [name, text] of labels) {
    const label = writer.begin(1);
    writer.string(1, escapedName(name, escaping, true));
    writer.string(2, text);
    writer.end(label);
  }
  if (typeof value === "number") {
    const untyped = writer.begin(5);
    writer.double(1, value);
    writer.end(untyped);
  }
  writer.int(6, timestampMs);
  if (typeof value !== "number") writeHistogram(writer, value);
  writer.end(metric);
}

function writeHistogram(writer: Writer, histogram: NativeHistogram): void {
  const message = writer.begin(7);
  writer.double(2, histogram.sum);
  if (usesCustomBuckets(histogram)) writeClassicBuckets(writer, histogram);
  writer.double(4, histogram.count);
  if (!usesCustomBuckets(histogram)) {
    writer.sint32(5, histogram.schema);
    writer.double(6, histogram.zeroThreshold);
    writer.double(8, histogram.zeroCount);
    writeBuckets(writer, 9, histogram.negative);
    writeBuckets(writer, 12, histogram.positive);
  }
  writer.end(message);
}

function writeClassicBuckets(writer: Writer, histogram: NativeHistogram): void {
  for (const [bound, count] of cumulativeBuckets(histogram)) {
    const bucket = writer.begin(3);
    writer.double(2, bound);
    writer.double(4, count);
    writer.end(bucket);
  }
}

/** Spans in one field, and counts as doubles two further on. */
function writeBuckets(writer: Writer, field: number, buckets: Buckets): void {
  const { spans, counts } = spansOf(buckets);
  for (const { offset, length } of spans) {
    const span = writer.begin(field);
    writer.sint32(1, offset);
    writer.uint(2, length);
    writer.end(span);
  }
  const list = writer.begin(field + 2);
  for (const count of counts) writer.rawDouble(count);
  writer.end(list);
}
