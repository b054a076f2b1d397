/**
 * The kept families as Prometheus's protobuf format: `io.prometheus.client.MetricFamily` messages, each
 * behind its length. It alone has native histograms and the times when counting began.
 */
import { Writer } from "@clew/otlp";
import type { PrometheusExemplar } from "../../../prometheus/exemplar.ts";
import {
  MIN_SCHEMA,
  shownZeroThreshold,
  spanned,
  type NativeBuckets,
  type NativeHistogram,
} from "../../../prometheus/native-histogram.ts";
import type { FamilyType } from "../../../telemetry/exposition.ts";
import { powersOfTwo } from "./classic-buckets.ts";
import type { KeptFamily, KeptSeries } from "./metric-families.ts";
import type { ExponentialPoint, HistogramPoint, NumberPoint, SummaryPoint } from "./point.ts";
import { cumulativeBuckets } from "./text-families.ts";

const TYPES: Readonly<Record<FamilyType, number>> = { counter: 0, gauge: 1, summary: 2, unknown: 3, histogram: 4 };
/** Fields of `Metric`. */
const NUMBER_FIELDS: Readonly<Record<number, number>> = { 0: 3, 1: 2, 3: 5 };
const SUMMARY_FIELD = 4;
const HISTOGRAM_FIELD = 7;

export function protobufPage(families: readonly KeptFamily[], timestamps: boolean): Uint8Array {
  const page = new Writer();
  const message = new Writer();
  for (const family of families) {
    message.reset();
    writeFamily(message, family, timestamps);
    page.varint(message.byteLength);
    page.raw(message.view());
  }
  return page.take();
}

function writeFamily(writer: Writer, { name, help, type, series }: KeptFamily, timestamps: boolean): void {
  writer.string(1, name);
  writer.string(2, help);
  writer.uint(3, TYPES[type]);
  for (const one of series) {
    const metric = writer.begin(4);
    writeMetric(writer, one, type);
    if (timestamps && one.timestampMs !== undefined) writer.int(6, one.timestampMs);
    writer.end(metric);
  }
}

function writeMetric(writer: Writer, { labels, point }: KeptSeries, type: FamilyType): void {
  writeLabels(writer, labels);
  switch (point.kind) {
    case "number":
      return writeNumber(writer, NUMBER_FIELDS[TYPES[type]]!, point);
    case "summary":
      return writeSummary(writer, point);
    default:
      return writeHistogram(writer, point);
  }
}

/** A counter, gauge or untyped value: they number their fields alike. */
function writeNumber(writer: Writer, field: number, { value, exemplars, startMs }: NumberPoint): void {
  const message = writer.begin(field);
  writer.double(1, value);
  const exemplar = exemplars.at(-1);
  if (exemplar !== undefined) writeExemplar(writer, 2, exemplar);
  writeTime(writer, 3, startMs);
  writer.end(message);
}

function writeSummary(writer: Writer, { count, sum, quantiles, startMs }: SummaryPoint): void {
  const message = writer.begin(SUMMARY_FIELD);
  writer.uint(1, count);
  writer.double(2, sum);
  for (const { quantile, value } of quantiles) {
    const one = writer.begin(3);
    writer.double(1, quantile);
    writer.double(2, value);
    writer.end(one);
  }
  writeTime(writer, 4, startMs);
  writer.end(message);
}

/** An exponential histogram has both kinds of buckets; the scraper chooses. */
function writeHistogram(writer: Writer, point: HistogramPoint | ExponentialPoint): void {
  const { count, sum, startMs, exemplars } = point;
  const isNative = point.kind === "exponential" && point.histogram.schema >= MIN_SCHEMA;
  const buckets = point.kind === "exponential" ? powersOfTwo(point.histogram) : point.buckets;
  const message = writer.begin(HISTOGRAM_FIELD);
  writer.uint(1, count);
  writer.double(2, sum);
  for (const bucket of cumulativeBuckets({ buckets, count, exemplars })) {
    const one = writer.begin(3);
    writer.uint(1, bucket.count);
    writer.double(2, bucket.bound);
    if (bucket.exemplar !== undefined) writeExemplar(writer, 3, bucket.exemplar);
    writer.end(one);
  }
  if (isNative) writeNative(writer, point.histogram);
  writeTime(writer, 15, startMs);
  if (isNative) for (const exemplar of exemplars) writeExemplar(writer, 16, exemplar);
  writer.end(message);
}

function writeNative(writer: Writer, histogram: NativeHistogram): void {
  const { schema, zeroCount, positive, negative } = histogram;
  writer.sint32(5, schema);
  writer.double(6, shownZeroThreshold(histogram));
  writer.uint(7, zeroCount);
  writeBuckets(writer, 9, negative);
  writeBuckets(writer, 12, positive);
}

/** Spans as field `field`, deltas as the next. */
function writeBuckets(writer: Writer, field: number, buckets: NativeBuckets): void {
  const { spans, deltas } = spanned(buckets);
  for (const { offset, length } of spans) {
    const span = writer.begin(field);
    writer.sint32(1, offset);
    writer.uint(2, length);
    writer.end(span);
  }
  for (const delta of deltas) {
    writer.tag(field + 1, 0);
    writer.varint(delta < 0 ? -2 * delta - 1 : 2 * delta);
  }
}

function writeLabels(writer: Writer, labels: readonly (readonly [string, string])[]): void {
  for (const [name, value] of labels) {
    const label = writer.begin(1);
    writer.string(1, name);
    writer.string(2, value);
    writer.end(label);
  }
}

function writeExemplar(writer: Writer, field: number, { labels, value, timestampMs }: PrometheusExemplar): void {
  const message = writer.begin(field);
  writeLabels(writer, labels);
  writer.double(2, value);
  writeTime(writer, 3, timestampMs);
  writer.end(message);
}

/** As a `google.protobuf.Timestamp`, where it is known. */
function writeTime(writer: Writer, field: number, ms: number): void {
  if (ms === 0) return;
  const seconds = Math.floor(ms / 1_000);
  const message = writer.begin(field);
  writer.uint(1, seconds);
  writer.uint(2, (ms - seconds * 1_000) * 1_000_000);
  writer.end(message);
}
