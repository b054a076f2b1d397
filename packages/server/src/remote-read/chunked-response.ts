/** `prometheus.ChunkedReadResponse`s as a stream: each behind its length as a varint and its CRC-32C in four bytes, the highest first. */
import { crc32c } from "@clew/collector";
import { Writer } from "@clew/otlp";
import type { SeriesSamples } from "@clew/query";
import { type Chunk, SAMPLES_A_CHUNK } from "./chunk.ts";
import { type HistogramSample, histogramChunks } from "./histogram-chunk.ts";
import { MAX_FRAME_BYTES } from "./read-limits.ts";
import { writeLabels } from "./samples-response.ts";
import { xorChunk } from "./xor-chunk.ts";

/** Frames go out together until they are so many bytes: each is small. */
const PIECE_BYTES = 65_536;
/** A length as a varint, and the checksum. */
const MAX_HEAD_BYTES = 16;

/** The frames of one query's series, which are to come in order, some together. A frame has chunks of one series. */
export function* chunkedFrames(series: readonly SeriesSamples[], queryIndex: number): Generator<Uint8Array> {
  const writer = new Writer(PIECE_BYTES, MAX_HEAD_BYTES);
  let piece = new Writer(2 * PIECE_BYTES);
  const write = (one: SeriesSamples, chunks: readonly Chunk[]): void => {
    writer.reset();
    writeFrame(writer, one, chunks, queryIndex);
    writer.prepend(headOf(writer));
    piece.raw(writer.view());
  };
  for (const one of series) {
    let chunks: Chunk[] = [];
    let bytes = 0;
    for (const chunk of chunksOf(one)) {
      chunks.push(chunk);
      bytes += chunk.data.length;
      if (bytes < MAX_FRAME_BYTES) continue;
      write(one, chunks);
      [chunks, bytes] = [[], 0];
    }
    if (chunks.length > 0) write(one, chunks);
    if (piece.byteLength < PIECE_BYTES) continue;
    yield piece.take();
    piece = new Writer(2 * PIECE_BYTES);
  }
  if (piece.byteLength > 0) yield piece.take();
}

function writeFrame(writer: Writer, { labels }: SeriesSamples, chunks: readonly Chunk[], queryIndex: number): void {
  const series = writer.begin(1);
  writeLabels(writer, labels);
  for (const { minTimeMs, maxTimeMs, encoding, data } of chunks) {
    const chunk = writer.begin(2);
    writer.int(1, minTimeMs);
    writer.int(2, maxTimeMs);
    writer.uint(3, encoding);
    writer.bytes(4, data);
    writer.end(chunk);
  }
  writer.end(series);
  writer.uint(2, queryIndex);
}

function headOf(frame: Writer): Uint8Array {
  const head = new Writer(MAX_HEAD_BYTES);
  head.varint(frame.byteLength);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32c(frame.view()));
  head.raw(checksum);
  return head.take();
}

/** Runs of floats and of histograms, by time. */
function* chunksOf({ timestampsMs, values, histograms }: SeriesSamples): Generator<Chunk> {
  for (let row = 0; row < values.length;) {
    const end = endOfRun(row, values.length, histograms);
    if (histograms?.[row] === undefined) {
      for (let start = row; start < end; start += SAMPLES_A_CHUNK)
        yield xorChunk(timestampsMs, values, start, Math.min(start + SAMPLES_A_CHUNK, end));
    } else yield* histogramChunks(histogramSamples(timestampsMs, histograms.slice(row, end), row));
    row = end;
  }
}

function endOfRun(start: number, length: number, histograms: SeriesSamples["histograms"]): number {
  if (histograms === undefined) return length;
  const isFloat = histograms[start] === undefined;
  let end = start + 1;
  while (end < length && (histograms[end] === undefined) === isFloat) end++;
  return end;
}

function histogramSamples(
  timestampsMs: Float64Array,
  histograms: NonNullable<SeriesSamples["histograms"]>,
  start: number,
): HistogramSample[] {
  return histograms.map((histogram, i) => ({ timestampMs: timestampsMs[start + i]!, histogram: histogram! }));
}
