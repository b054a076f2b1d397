import * as fc from "fast-check";
import { expect, test } from "vitest";
import { areEqualShort, copyShort, hashShort } from "./short-bytes.ts";

const bytes = fc.uint8Array({ maxLength: 40 });

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

test("copies what is asked for, and nothing beside it", () => {
  fc.assert(
    fc.property(bytes, fc.nat(40), fc.nat(40), fc.nat(40), (source, start, length, at) => {
      const from = Math.min(start, source.length);
      const count = Math.min(length, source.length - from);
      const target = new Uint8Array(90).fill(7);
      const expected = target.slice();
      expected.set(source.subarray(from, from + count), at);
      copyShort(viewOf(source), from, viewOf(target), at, count);
      expect(target).toEqual(expected);
    }),
  );
});

test("copies what it has copied itself, four bytes behind or more", () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 20 }), fc.nat(60), (distance, count) => {
      const target = Uint8Array.from({ length: 90 }, (_, i) => (i < distance ? i + 1 : 0));
      const expected = target.slice();
      for (let i = 0; i < count; i++) expected[distance + i] = expected[i]!;
      copyShort(viewOf(target), 0, viewOf(target), distance, count);
      expect(target).toEqual(expected);
    }),
  );
});

test("bytes are equal where each is", () => {
  fc.assert(
    fc.property(bytes, fc.nat(39), fc.nat(3), (source, at, offset) => {
      const copy = new Uint8Array(offset + source.length);
      copy.set(source, offset);
      const areEqual = (): boolean => areEqualShort(viewOf(source), 0, viewOf(copy), offset, source.length);
      expect(areEqual()).toBe(true);
      if (at >= source.length) return;
      copy[offset + at]! ^= 1;
      expect(areEqual()).toBe(false);
    }),
  );
});

test("the hash is of the bytes wherever they stand", () => {
  fc.assert(
    fc.property(bytes, fc.nat(3), fc.integer(), (source, offset, seed) => {
      const copy = new Uint8Array(offset + source.length + 5).fill(9);
      copy.set(source, offset);
      const hash = hashShort(viewOf(source), 0, source.length, seed);
      expect(hashShort(viewOf(copy), offset, source.length, seed)).toBe(hash);
    }),
  );
});

test.each([
  ["the last digits differ", (i: number) => `GET /api/v1/orders/${i}`],
  ["the first digits differ", (i: number) => `${i}-checkout-service.shop.svc`],
  ["the middle differs", (i: number) => `/users/${i}/profile/picture`],
  ["they are three bytes or four", (i: number) => i.toString(36)],
])("hashes fill a table as by chance where %s", (_what, textOf) => {
  const slots = new Set<number>();
  const count = 4_096;
  for (let i = 0; i < count; i++) {
    const text = new TextEncoder().encode(textOf(i + 1_000));
    slots.add(hashShort(viewOf(text), 0, text.length, 77) & (2 * count - 1));
  }
  // By chance 0.787 of them find a slot of their own.
  expect(slots.size / count).toBeGreaterThan(0.75);
});
