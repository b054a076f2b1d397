import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Reader } from "./reader.ts";
import { FIXED64, VARINT } from "./wire-type.ts";
import { nanosParts, Writer } from "./writer.ts";

function written(write: (writer: Writer) => void): Reader {
  const writer = new Writer(1);
  write(writer);
  return new Reader(writer.finish());
}

function expectAtEnd(reader: Reader): void {
  expect(reader.position).toBe(reader.bytes.length);
}

test("any varint reads back as itself and consumes every byte", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const reader = written((writer) => writer.varint(value));
      expect(reader.varint()).toBe(value);
      expectAtEnd(reader);
    }),
  );
});

test.each([
  0,
  127,
  128,
  16_383,
  16_384,
  2 ** 28,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 35,
  2 ** 49,
  Number.MAX_SAFE_INTEGER,
])("the varint of %d is exact", (value) => {
  expect(written((writer) => writer.varint(value)).varint()).toBe(value);
  expect(written((writer) => writer.varint64(BigInt(value))).varint64()).toBe(BigInt(value));
});

test("any 64-bit integer, sint32 and uint32 reads back as itself", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.integer(), (big, small) => {
      const varint = written((writer) => writer.varint64(big));
      expect(varint.varint64()).toBe(BigInt.asUintN(64, big));
      expectAtEnd(varint);
      varint.position = 0;
      expect(varint.int64()).toBe(BigInt.asIntN(64, big));
      varint.position = 0;
      expect(varint.uint32()).toBe(Number(BigInt.asUintN(32, big)));
      varint.position = 0;
      expect(varint.int32()).toBe(Number(BigInt.asIntN(32, big)));

      const zigzag = written((writer) => writer.sint32(1, small || 1));
      expect([zigzag.tag(), zigzag.sint32()]).toEqual([8, small || 1]);
      expectAtEnd(zigzag);

      const fixed = written((writer) => writer.fixed64(1, big));
      expect([fixed.tag(), fixed.fixed64()]).toEqual([8 + FIXED64, BigInt.asUintN(64, big)]);
    }),
  );
});

test("a negative int takes ten bytes", () => {
  const reader = written((writer) => writer.int(1, -1));
  expect(reader.bytes).toHaveLength(11);
  expect([reader.tag(), reader.int32()]).toEqual([8 + VARINT, -1]);
});

test("a varint of more than ten bytes is refused, and one that is cut short", () => {
  expect(() => new Reader(new Uint8Array(11).fill(0x80)).varint()).toThrow("integer overflow");
  expect(() => new Reader(Uint8Array.of(0x80, 0x80)).varint()).toThrow("unexpected EOF");
});

test.each(["fixed32", "fixed64", "double", "string", "span"] as const)(
  "%s at the end of the bytes is refused",
  (method) => {
    expect(() => new Reader(Uint8Array.of(9)).fixed32()).toThrow("OTLP_MALFORMED");
    expect(() => new Reader(Uint8Array.of(9, 1, 2))[method]()).toThrow("OTLP_MALFORMED");
  },
);

test.each([0, 1, 126, 127, 128, 129, 16_383, 16_384, 70_000])(
  "a nested message of %d bytes stands whole behind its length",
  (size) => {
    const body = Buffer.alloc(size, "x");
    const reader = written((writer) => {
      const outer = writer.begin(1);
      const inner = writer.begin(2);
      writer.raw(body);
      writer.end(inner);
      writer.uint(3, 7);
      writer.end(outer);
      writer.uint(4, 9);
    });
    expect(reader.tag()).toBe(10);
    const outer = new Reader(reader.span());
    expect([reader.tag(), reader.varint()]).toEqual([32, 9]);
    expectAtEnd(reader);
    expect(outer.tag()).toBe(18);
    expect(outer.span().equals(body)).toBe(true);
    expect([outer.tag(), outer.varint()]).toEqual([24, 7]);
    expectAtEnd(outer);
  },
);

test("strings of any length and script read back, lone surrogates as replacement characters", () => {
  const strings = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ minLength: 25, maxLength: 40 }),
    fc.constant("ä".repeat(64)),
  );
  fc.assert(
    fc.property(strings, (text) => {
      const reader = written((writer) => writer.string(1, text));
      expect([reader.tag(), reader.string()]).toEqual([10, text]);
      expectAtEnd(reader);
    }),
  );
  const reader = written((writer) => writer.string(1, "a\ud800b"));
  expect([reader.tag(), reader.string()]).toEqual([10, "a\ufffdb"]);
});

test("reset and truncate forget, and what follows is whole", () => {
  const writer = new Writer(4);
  writer.string(1, "forgotten");
  writer.reset();
  writer.string(1, "kept");
  const { byteLength } = writer;
  writer.string(1, "forgotten too");
  writer.truncate(byteLength);
  writer.uint(2, 300);
  const reader = new Reader(writer.finish());
  expect([reader.tag(), reader.string(), reader.tag(), reader.varint()]).toEqual([10, "kept", 16, 300]);
  expectAtEnd(reader);
});

test("seconds and nanoseconds become the halves of one 64-bit count", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 18_446_744_072 }),
      fc.integer({ min: 0, max: 999_999_999 }),
      (seconds, nanos) => {
        const { low, high } = nanosParts(seconds, nanos);
        expect(BigInt(high) * 2n ** 32n + BigInt(low)).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
      },
    ),
  );
});
