/** Native histograms in the encoding "float histogram", which has counts of any kind. */
import { type Buckets, type NativeHistogram, usesCustomBuckets } from "@clew/query";
import { type BucketSpan, spansOf } from "../metrics/bucket-spans.ts";
import { BitWriter } from "./bit-writer.ts";
import { type Chunk, CHUNK_ENCODINGS, SAMPLES_A_CHUNK } from "./chunk.ts";
import { putVarbitInt, putVarbitUint } from "./varbit.ts";
import { XorValue } from "./xor-value.ts";

export interface HistogramSample {
  readonly timestampMs: number;
  readonly histogram: NativeHistogram;
}

const SIDES = ["positive", "negative"] as const;
/** What a chunk's header says of resets: nothing, or that there are none because it is of a gauge. */
const UNKNOWN_RESET = 0;
const GAUGE = 0b1100_0000;
/** Powers of two from 2^-243 to 2^10 are written in a byte as thresholds. */
const LEAST_POWER = -243;
const GREATEST_POWER = 10;
/** Bounds up to here are written in thousandths. */
const MOST_THOUSANDTHS = 33_554_430;

/** A new chunk begins where the buckets are others, and where a counter was reset: within a chunk there is none. */
export function* histogramChunks(samples: readonly HistogramSample[]): Generator<Chunk> {
  let begin = 0;
  for (let i = 1; i <= samples.length; i++) {
    const isFull = i - begin === SAMPLES_A_CHUNK;
    if (i < samples.length && !isFull && isContinued(samples[i - 1]!.histogram, samples[i]!.histogram)) continue;
    yield histogramChunk(samples.slice(begin, i));
    begin = i;
  }
}

function isContinued(before: NativeHistogram, after: NativeHistogram): boolean {
  const isGauge = before.counterReset === "gauge";
  if (before.schema !== after.schema || before.zeroThreshold !== after.zeroThreshold) return false;
  if (isGauge !== (after.counterReset === "gauge") || after.counterReset === "reset") return false;
  if (String(before.customBounds) !== String(after.customBounds)) return false;
  if (isGauge) return true;
  return (
    after.count >= before.count &&
    after.zeroCount >= before.zeroCount &&
    SIDES.every((side) => hasGrown(before[side], after[side]))
  );
}

function hasGrown(before: Buckets, after: Buckets): boolean {
  return before.counts.every((count, i) => count <= countAt(after, before.offset + i));
}

function countAt({ offset, counts }: Buckets, index: number): number {
  return counts[index - offset] ?? 0;
}

function histogramChunk(samples: readonly HistogramSample[]): Chunk {
  const { histogram: head, timestampMs: minTimeMs } = samples[0]!;
  const writer = new BitWriter();
  writer.bits(samples.length, 16);
  writer.bits(head.counterReset === "gauge" ? GAUGE : UNKNOWN_RESET, 8);
  const held = SIDES.map((side) => unionOf(samples.map(({ histogram }) => histogram[side])));
  writeLayout(
    writer,
    head,
    held.map((buckets) => spansOf(buckets).spans),
  );
  const indexes = held.map(indexesOf);
  const columns = Array.from({ length: 3 + indexes[0]!.length + indexes[1]!.length }, () => new XorValue());
  let before = 0;
  for (const [row, { timestampMs, histogram }] of samples.entries()) {
    const next = row === 0 ? 0 : timestampMs - samples[row - 1]!.timestampMs;
    putVarbitInt(writer, row === 0 ? timestampMs : next - before);
    before = next;
    const { count, zeroCount, sum } = histogram;
    const counts = SIDES.flatMap((side, i) => indexes[i]!.map((index) => countAt(histogram[side], index)));
    const values = Float64Array.of(count, zeroCount, sum, ...counts);
    const words = new Uint32Array(values.buffer);
    for (const [i, column] of columns.entries()) {
      if (row === 0) column.first(writer, words, i);
      else column.next(writer, words, i);
    }
  }
  const maxTimeMs = samples.at(-1)!.timestampMs;
  return { minTimeMs, maxTimeMs, encoding: CHUNK_ENCODINGS.floatHistogram, data: writer.take() };
}

/** 1 in each bucket that any of them holds something in. */
function unionOf(all: readonly Buckets[]): Buckets {
  const filled = all.filter(({ counts }) => counts.length > 0);
  if (filled.length === 0) return { offset: 0, counts: new Float64Array(0) };
  const first = Math.min(...filled.map(({ offset }) => offset));
  const end = Math.max(...filled.map(({ offset, counts }) => offset + counts.length));
  const marks = new Float64Array(end - first);
  for (const { offset, counts } of filled)
    for (const [i, count] of counts.entries()) if (count !== 0) marks[offset + i - first] = 1;
  return { offset: first, counts: marks };
}

function indexesOf({ offset, counts }: Buckets): number[] {
  return [...counts.keys()].filter((i) => counts[i] !== 0).map((i) => offset + i);
}

function writeLayout(writer: BitWriter, head: NativeHistogram, sides: readonly (readonly BucketSpan[])[]): void {
  writeThreshold(writer, head.zeroThreshold);
  putVarbitInt(writer, head.schema);
  for (const spans of sides) {
    putVarbitUint(writer, spans.length);
    for (const { offset, length } of spans) {
      putVarbitUint(writer, length);
      putVarbitInt(writer, offset);
    }
  }
  if (!usesCustomBuckets(head)) return;
  putVarbitUint(writer, head.customBounds.length);
  for (const bound of head.customBounds) writeBound(writer, bound);
}

function writeThreshold(writer: BitWriter, threshold: number): void {
  if (threshold === 0) return writer.bits(0, 8);
  const power = Math.log2(threshold);
  if (Number.isInteger(power) && 2 ** power === threshold && power >= LEAST_POWER && power <= GREATEST_POWER)
    return writer.bits(power - LEAST_POWER + 1, 8);
  writer.bits(255, 8);
  writeDouble(writer, threshold);
}

function writeBound(writer: BitWriter, bound: number): void {
  const thousandths = bound * 1_000;
  const whole = Math.round(thousandths);
  if (thousandths >= 0 && thousandths <= MOST_THOUSANDTHS && whole / 1_000 === bound)
    return putVarbitUint(writer, whole + 1);
  writer.bits(0, 1);
  writeDouble(writer, bound);
}

function writeDouble(writer: BitWriter, value: number): void {
  new XorValue().first(writer, new Uint32Array(Float64Array.of(value).buffer), 0);
}
