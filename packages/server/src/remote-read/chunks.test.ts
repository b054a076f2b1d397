import type { NativeHistogram } from "@clew/query";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { histogramChunks } from "./histogram-chunk.ts";
import { floatHistograms, xorSamples } from "./remote-read.test-kit.ts";
import { xorChunk } from "./xor-chunk.ts";

const anyBits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const someBits = fc.oneof(anyBits, fc.constantFrom(0x7ff0_0000_0000_0002n, 0n, 1n << 63n), fc.double().map(bitsOf));

function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!;
}

/** Ascending times with gaps of any size. */
const times = fc
  .tuple(
    fc.integer({ min: -10_000, max: 1_800_000_000_000 }),
    fc.array(
      fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 2_000_000_000 })),
      { maxLength: 40 },
    ),
  )
  .map(([start, gaps]) => {
    let time = start;
    return [start, ...gaps.map((gap) => (time += gap))];
  });

test("an XOR chunk has every time and every bit of its values", () => {
  fc.assert(
    fc.property(times, fc.infiniteStream(someBits), (timestampsMs, stream) => {
      const bits = timestampsMs.map(() => stream.next().value as bigint);
      const values = new Float64Array(BigUint64Array.from([0n, ...bits]).buffer);
      const chunk = xorChunk(Float64Array.from([0, ...timestampsMs]), values, 1, values.length);
      expect(xorSamples(chunk.data)).toEqual(timestampsMs.map((time, i) => [time, bits[i]]));
      expect([chunk.minTimeMs, chunk.maxTimeMs]).toEqual([timestampsMs[0], timestampsMs.at(-1)]);
    }),
  );
});

const counts = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 9 })), {
  maxLength: 6,
});
const buckets = fc.record({
  offset: fc.integer({ min: -70, max: 70 }),
  counts: counts.map((list) => Float64Array.from(list)),
});
const threshold = fc.constantFrom(0, 2 ** -128, 0.001, 2 ** 10, 2 ** 11, 2 ** -243, 2 ** -244);
const counterReset = fc.constantFrom("unknown", "reset", "not_reset", "gauge");
const exponential = fc.record({
  schema: fc.constantFrom(-4, 0, 8),
  count: fc.double({ min: 0, max: 1e9 }),
  sum: fc.double(),
  zeroThreshold: threshold,
  zeroCount: fc.integer({ min: 0, max: 5 }),
  positive: buckets,
  negative: buckets,
  customBounds: fc.constant(new Float64Array(0)),
  counterReset,
});
const custom = fc
  .tuple(exponential, fc.constantFrom([0.005, 0.1, 1], [-1, 0, 33_554.43, 33_554.431], [0.0001, 1e300]), counts)
  .map(([one, bounds, list]) => ({
    ...one,
    schema: -53,
    zeroThreshold: 0,
    positive: { offset: 0, counts: Float64Array.from(list.slice(0, bounds.length + 1)) },
    negative: { offset: 0, counts: new Float64Array(0) },
    customBounds: Float64Array.from(bounds),
  }));

function held({ offset, counts: all }: NativeHistogram["positive"]): [number, number][] {
  return [...all].flatMap((count, i): [number, number][] => (count === 0 ? [] : [[offset + i, count]]));
}

test("chunks of histograms have all of their counts, and within one no counter falls", () => {
  fc.assert(
    fc.property(times, fc.infiniteStream(fc.oneof(exponential, custom)), fc.nat(3), (timestampsMs, stream, repeats) => {
      const all = timestampsMs.map((timestampMs) => ({
        timestampMs,
        histogram: stream.next().value as NativeHistogram,
      }));
      // Neighbours that are alike share a chunk.
      const samples = all.map((one, i) => ({ ...one, histogram: all[i - (i % (repeats + 1))]!.histogram }));
      const chunks = [...histogramChunks(samples)];
      const found = chunks.flatMap(({ data }) => floatHistograms(data));
      expect(found).toEqual(
        samples.map(({ timestampMs, histogram }) => ({
          timestampMs,
          schema: histogram.schema,
          zeroThreshold: histogram.zeroThreshold,
          count: histogram.count,
          zeroCount: histogram.zeroCount,
          sum: histogram.sum,
          positive: held(histogram.positive),
          negative: held(histogram.negative),
          bounds: [...histogram.customBounds],
        })),
      );
      for (const { data } of chunks) {
        const isGauge = data[2] === 0b1100_0000;
        const read = floatHistograms(data).map(({ count }) => count);
        expect(isGauge || read.every((count, i) => i === 0 || count >= read[i - 1]!)).toBe(true);
      }
    }),
  );
});

test("a long run is cut after as many samples as Prometheus has in a chunk", () => {
  const histogram = fc.sample(
    exponential.filter((one) => one.counterReset === "gauge"),
    1,
  )[0] as NativeHistogram;
  const samples = Array.from({ length: 250 }, (_unused, i) => ({ timestampMs: 1_000 * i, histogram }));
  expect([...histogramChunks(samples)].map(({ minTimeMs, maxTimeMs }) => [minTimeMs, maxTimeMs])).toEqual([
    [0, 119_000],
    [120_000, 239_000],
    [240_000, 249_000],
  ]);
});
