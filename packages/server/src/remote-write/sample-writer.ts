/** Writes samples of our own as a sender of remote write would have them written: what both store is alike. */
import { Writer } from "@clew/otlp";
import type { Labels, NativeHistogram } from "@clew/query";
import type { RuleSample } from "@clew/rules";
import type { RemoteWriteSettings } from "./write-endpoint.ts";
import { WriteConverter } from "./write-converter.ts";

/** The stale marker's eight bytes as two words. */
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;
const GAUGE = 3;

/** Resolves once the samples are durable. Rejects as the store does, and where a sample cannot be stored. */
export function sampleWriter(settings: RemoteWriteSettings): (samples: readonly RuleSample[]) => Promise<void> {
  const converter = new WriteConverter();
  return async (samples) => {
    const bytes = Buffer.from(writeRequest(samples));
    const request = converter.asOtlp(bytes, "1.0", settings.clock.nowMs());
    if (request.payload !== undefined) await settings.write(request.payload);
    const fault = [...request.badLabels, ...request.badSamples][0];
    if (fault !== undefined) throw new Error(fault);
  };
}

/** A `prometheus.WriteRequest`. */
function writeRequest(samples: readonly RuleSample[]): Uint8Array {
  const writer = new Writer(64 + samples.length * 128);
  for (const { labels, timestampMs, value } of samples) {
    const series = writer.begin(1);
    writeLabels(writer, labels);
    if (typeof value === "object") writeHistogram(writer, value, timestampMs);
    else {
      const sample = writer.begin(2);
      if (value === "stale") writer.fixed64Parts(1, STALE_LOW, STALE_HIGH);
      else writer.double(1, value);
      writer.int64(2, BigInt(timestampMs));
      writer.end(sample);
    }
    writer.end(series);
  }
  return writer.take();
}

function writeLabels(writer: Writer, labels: Labels): void {
  for (const [name, value] of labels) {
    const label = writer.begin(1);
    writer.string(1, name);
    writer.string(2, value);
    writer.end(label);
  }
}

function writeHistogram(writer: Writer, histogram: NativeHistogram, timestampMs: number): void {
  const message = writer.begin(4);
  writer.double(2, histogram.count);
  writer.double(3, histogram.sum);
  writer.sint32(4, histogram.schema);
  writer.double(5, histogram.zeroThreshold);
  writer.double(7, histogram.zeroCount);
  writeBuckets(writer, histogram.negative, 8, 10);
  writeBuckets(writer, histogram.positive, 11, 13);
  if (histogram.counterReset === "gauge") writer.uint(14, GAUGE);
  writer.int64(15, BigInt(timestampMs));
  writeDoubles(writer, 16, histogram.customBounds);
  writer.end(message);
}

function writeBuckets(
  writer: Writer,
  { offset, counts }: NativeHistogram["positive"],
  spansField: number,
  countsField: number,
): void {
  if (counts.length === 0) return;
  const span = writer.begin(spansField);
  writer.sint32(1, offset);
  writer.uint(2, counts.length);
  writer.end(span);
  writeDoubles(writer, countsField, counts);
}

function writeDoubles(writer: Writer, field: number, values: Float64Array): void {
  if (values.length === 0) return;
  const list = writer.begin(field);
  for (const value of values) writer.rawDouble(value);
  writer.end(list);
}
