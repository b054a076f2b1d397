/** Samples and native histograms, which both versions of remote write write alike. */
import type { Writer } from "@clew/otlp";
import type { SpannedBuckets } from "../../../prometheus/native-histogram.ts";
import type { HistogramSample, Sample } from "./series.ts";

/** The not-a-number by which Prometheus says that a series ended. */
const STALE = 0x7ff0000000000002n;

/** By time, which Prometheus asks of the samples of a series. */
export function inOrder<Timed extends { readonly timestampMs: number }>(samples: readonly Timed[]): readonly Timed[] {
  return samples.length < 2 ? samples : [...samples].sort((a, b) => a.timestampMs - b.timestampMs);
}

export function writeSampleValue(writer: Writer, { value, timestampMs }: Sample): void {
  if (value === undefined) writer.fixed64(1, STALE);
  else writer.double(1, value);
  writer.int(2, timestampMs);
}

/** As field `number`. `startMs` is written where it is given and known. */
export function writeHistogram(writer: Writer, number: number, histogram: HistogramSample, startMs = 0): void {
  const { value, positive, negative, customValues } = histogram;
  const message = writer.begin(number);
  writer.int64(1, value?.count ?? STALE);
  if (value === undefined) writer.fixed64(3, STALE);
  else writer.double(3, value.sum);
  writer.sint32(4, histogram.schema);
  writer.double(5, histogram.zeroThreshold);
  writer.int(6, histogram.zeroCount);
  writeBuckets(writer, 8, negative);
  writeBuckets(writer, 11, positive);
  writer.int(15, histogram.timestampMs);
  if (customValues.length > 0) {
    const packed = writer.begin(16);
    for (const bound of customValues) writer.rawDouble(bound);
    writer.end(packed);
  }
  if (startMs > 0) writer.int(17, startMs);
  writer.end(message);
}

/** Spans as field `number`, deltas as the next. */
function writeBuckets(writer: Writer, number: number, { spans, deltas }: SpannedBuckets): void {
  for (const { offset, length } of spans) {
    const span = writer.begin(number);
    writer.sint32(1, offset);
    writer.uint(2, length);
    writer.end(span);
  }
  if (deltas.length === 0) return;
  const packed = writer.begin(number + 1);
  for (const delta of deltas) writer.varint(delta < 0 ? -2 * delta - 1 : 2 * delta);
  writer.end(packed);
}
