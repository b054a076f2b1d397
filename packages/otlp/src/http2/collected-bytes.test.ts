import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CollectedBytes } from "./collected-bytes.ts";

const pieces = fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 12 });

test("pieces of any cut come back as they were, whatever was expected, though their memory is used again", () => {
  fc.assert(
    fc.property(pieces, fc.nat(60_000), (parts, expected) => {
      const bytes = new CollectedBytes();
      bytes.expect(expected);
      for (const part of parts) {
        const lent = Buffer.from(part);
        bytes.add(lent);
        lent.fill(0xee);
      }
      const whole = Buffer.concat(parts);
      expect(bytes.length).toBe(whole.length);
      expect(bytes.start(7)).toEqual(whole.subarray(0, 7));
      expect(bytes.take()).toEqual(whole);
    }),
  );
});

test("bodies that are collected at once do not share memory", () => {
  const [one, other] = [new CollectedBytes(), new CollectedBytes()];
  for (let i = 0; i < 3_000; i++) {
    one.add(Buffer.from("1"));
    other.add(Buffer.from("2"));
  }
  expect(one.take().toString()).toBe("1".repeat(3_000));
  expect(other.take().toString()).toBe("2".repeat(3_000));
});

test("a body that lies in one piece of its own is not copied", () => {
  const bytes = new CollectedBytes();
  const piece = Buffer.from("whole");
  bytes.expect(piece.length);
  bytes.add(piece, true);
  expect(bytes.take()).toBe(piece);
});

test("an announced length alone sets no memory aside", () => {
  const bytes = new CollectedBytes();
  bytes.expect(20_000_000);
  bytes.add(Buffer.alloc(10));
  expect(bytes.take().buffer.byteLength).toBeLessThan(100_000);
});
