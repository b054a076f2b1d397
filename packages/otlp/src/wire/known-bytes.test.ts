import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KnownBytes } from "./known-bytes.ts";

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

test("bytes are found wherever they stand, and nothing else is taken for them", () => {
  const bytes = fc.uint8Array({ maxLength: 70 });
  fc.assert(
    fc.property(bytes, bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (known, before, at, difference) => {
      const all = Uint8Array.of(...before, ...known);
      const copy = new KnownBytes(known);
      expect(copy.byteLength).toBe(known.length);
      expect(copy.standAt(viewOf(all), before.length)).toBe(true);
      if (known.length === 0) return;
      expect(copy.standAt(viewOf(all.subarray(0, -1)), before.length)).toBe(false);
      all[before.length + (at % known.length)]! ^= difference;
      expect(copy.standAt(viewOf(all), before.length)).toBe(false);
    }),
  );
});

test("many pieces, and those that are long, keep apart", () => {
  const all = Array.from({ length: 3_000 }, (_, i) => Buffer.from(`${i} ${"x".repeat(i % 101)}`));
  all.push(Buffer.alloc(70_000, "a"), Buffer.alloc(70_001, "b"));
  const copies = all.map((bytes) => new KnownBytes(bytes));
  for (const [i, copy] of copies.entries()) expect(copy.standAt(viewOf(all[i]!), 0)).toBe(true);
});
