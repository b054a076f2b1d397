import type { ExponentialHistogramDataPointObject } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  mergedNative,
  nativeHistogram,
  spanned,
  type NativeBuckets,
  type NativeHistogram,
} from "./native-histogram.ts";

const counts = fc.array(fc.oneof(fc.constant(0), fc.nat(1_000)), { maxLength: 40 });
const buckets = fc.record({ first: fc.integer({ min: -500, max: 500 }), counts });
const NONE: NativeBuckets = { first: 0, counts: [] };

function histogram(schema: number, positive: NativeBuckets): NativeHistogram {
  return { schema, zeroThreshold: 0, zeroCount: 0, positive, negative: NONE };
}

/** Index --> count, of the buckets that are not empty. */
function byIndex({ first, counts: all }: NativeBuckets): Map<number, number> {
  return new Map(all.flatMap((count, i) => (count === 0 ? [] : [[first + i, count] as const])));
}

function read({ spans, deltas }: ReturnType<typeof spanned>): Map<number, number> {
  const found = new Map<number, number>();
  let [index, count, at] = [0, 0, 0];
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++, at++) {
      count += deltas[at]!;
      if (count !== 0) found.set(index, count);
    }
  }
  expect(at).toBe(deltas.length);
  return found;
}

test("any buckets read back from their spans as themselves", () => {
  fc.assert(
    fc.property(buckets, (one) => {
      expect(read(spanned(one))).toEqual(byIndex(one));
    }),
  );
});

test("an observation lies in the same bucket whether its scale is brought down or was lower to begin with", () => {
  const indices = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.integer({ min: 9, max: 20 }), indices, (scale, all) => {
      for (const index of all) {
        const point = { scale, zeroThreshold: 0, zeroCount: 0n, positive: { offset: index, bucketCounts: [1n] } };
        const { schema, positive } = nativeHistogram(point as unknown as ExponentialHistogramDataPointObject);
        expect([schema, ...byIndex(positive).keys()]).toEqual([8, Math.floor(index / 2 ** (scale - 8)) + 1]);
      }
    }),
  );
});

test("two histograms together count what both did, in the buckets of the coarser one", () => {
  const schema = fc.integer({ min: -4, max: 8 });
  const total = (all: readonly number[]): number => all.reduce((sum, count) => sum + count, 0);
  fc.assert(
    fc.property(schema, schema, buckets, buckets, (a, b, one, other) => {
      const merged = mergedNative(histogram(a, one), histogram(b, other));
      expect(merged?.schema).toBe(Math.min(a, b));
      expect(total(merged!.positive.counts)).toBe(total(one.counts) + total(other.counts));
    }),
  );
});

test("two histograms whose buckets lie far apart become coarser, or cannot be added", () => {
  const at = (first: number): NativeHistogram => histogram(8, { first, counts: [1] });
  expect(mergedNative(at(0), at(100_000))?.schema).toBe(4);
  expect(mergedNative(at(-2_000_000_000), at(2_000_000_000))).toBeUndefined();
});
