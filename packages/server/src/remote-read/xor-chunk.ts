/** Floats in the encoding "XOR". */
import { BitWriter } from "./bit-writer.ts";
import { type Chunk, CHUNK_ENCODINGS, fitsBits } from "./chunk.ts";
import { XorValue } from "./xor-value.ts";

/** The samples from row `start` on, before row `end`: at most 65,535. */
export function xorChunk(timestampsMs: Float64Array, values: Float64Array, start: number, end: number): Chunk {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  const writer = new BitWriter();
  writer.bits(end - start, 16);
  const value = new XorValue();
  let delta = 0;
  for (let row = start; row < end; row++) {
    const timeMs = timestampsMs[row]!;
    const before = delta;
    delta = row === start ? 0 : timeMs - timestampsMs[row - 1]!;
    if (row === start) writeVarint(writer, timeMs < 0 ? -2 * timeMs - 1 : 2 * timeMs);
    else if (row === start + 1) writeVarint(writer, delta);
    else writeChange(writer, delta - before);
    if (row === start) value.first(writer, words, row);
    else value.next(writer, words, row);
  }
  return {
    minTimeMs: timestampsMs[start]!,
    maxTimeMs: timestampsMs[end - 1]!,
    encoding: CHUNK_ENCODINGS.xor,
    data: writer.take(),
  };
}

/** How the time between two samples differs from that before. */
function writeChange(writer: BitWriter, change: number): void {
  if (change === 0) return writer.bits(0, 1);
  const size = [14, 17, 20].findIndex((count) => fitsBits(change, count));
  if (size < 0) writer.bits(0b1111, 4);
  else writer.bits([0b10, 0b110, 0b1110][size]!, size + 2);
  writer.signedBits(change, [14, 17, 20][size] ?? 64);
}

/** Seven bits a byte, the lowest first. */
function writeVarint(writer: BitWriter, value: number): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) writer.bits((rest % 128) | 128, 8);
  writer.bits(rest, 8);
}
