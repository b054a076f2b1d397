/** `prometheus.ReadResponse`: every query's series with their samples. */
import { Writer } from "@clew/otlp";
import { type Labels, type NativeHistogram, type SeriesSamples, staleTest, usesCustomBuckets } from "@clew/query";
import { spansOf } from "../metrics/bucket-spans.ts";

const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;
const RESET_HINTS = { unknown: 0, reset: 1, not_reset: 2, gauge: 3 } as const;

export function readResponse(results: readonly (readonly SeriesSamples[])[]): Uint8Array {
  const writer = new Writer(65_536);
  for (const series of results) {
    const result = writer.begin(1);
    for (const one of series) writeSeries(writer, one);
    writer.end(result);
  }
  return writer.take();
}

function writeSeries(writer: Writer, { labels, timestampsMs, values, histograms }: SeriesSamples): void {
  const series = writer.begin(1);
  writeLabels(writer, labels);
  const isStale = staleTest(values);
  for (let i = 0; i < values.length; i++)
    if (histograms?.[i] === undefined) writeSample(writer, timestampsMs[i]!, values[i]!, isStale(i));
  for (const [i, histogram] of (histograms ?? []).entries())
    if (histogram !== undefined) writeHistogram(writer, timestampsMs[i]!, histogram);
  writer.end(series);
}

export function writeLabels(writer: Writer, labels: Labels): void {
  for (const [name, value] of labels) {
    const label = writer.begin(1);
    writer.string(1, name);
    writer.string(2, value);
    writer.end(label);
  }
}

function writeSample(writer: Writer, timestampMs: number, value: number, isStale: boolean): void {
  const sample = writer.begin(2);
  if (isStale) writer.fixed64Parts(1, STALE_LOW, STALE_HIGH);
  else writer.double(1, value);
  writer.int(2, timestampMs);
  writer.end(sample);
}

/** Whole numbers as such, so that what came so goes so. */
function writeHistogram(writer: Writer, timestampMs: number, histogram: NativeHistogram): void {
  const { count, zeroCount, sum, schema, zeroThreshold, positive, negative, customBounds, counterReset } = histogram;
  const sides = { 8: spansOf(negative), 11: spansOf(positive) };
  const all = [count, zeroCount, ...sides[8].counts, ...sides[11].counts];
  const isWhole = all.every((one) => Number.isSafeInteger(one) && one >= 0);
  const message = writer.begin(4);
  if (isWhole) writer.int(1, count);
  else writer.double(2, count);
  writer.double(3, sum);
  writer.sint32(4, schema);
  writer.double(5, zeroThreshold);
  if (isWhole) writer.int(6, zeroCount);
  else writer.double(7, zeroCount);
  for (const [field, { spans, counts }] of [
    [8, sides[8]],
    [11, sides[11]],
  ] as const) {
    for (const { offset, length } of spans) {
      const span = writer.begin(field);
      writer.sint32(1, offset);
      writer.uint(2, length);
      writer.end(span);
    }
    if (counts.length > 0) writeCounts(writer, field, counts, isWhole);
  }
  writer.uint(14, RESET_HINTS[counterReset]);
  writer.int(15, timestampMs);
  if (usesCustomBuckets(histogram)) {
    const bounds = writer.begin(16);
    for (const bound of customBounds) writer.rawDouble(bound);
    writer.end(bounds);
  }
  writer.end(message);
}

/** Behind the spans' field, the counts as differences, or as doubles in the next one. */
function writeCounts(writer: Writer, spansField: number, counts: readonly number[], isWhole: boolean): void {
  const list = writer.begin(spansField + (isWhole ? 1 : 2));
  let before = 0;
  for (const count of counts) {
    if (!isWhole) writer.rawDouble(count);
    else writer.varint(count >= before ? 2 * (count - before) : 2 * (before - count) - 1);
    before = count;
  }
  writer.end(list);
}
