import * as fc from "fast-check";
import { expect, test } from "vitest";
import { putLength, putLittleWord, putText, putVarint, putWord, textRoom } from "./put.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

const text = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: "grapheme", maxLength: 200 }));

test("texts of any length and alphabet are what Writer writes, in the room that was asked for", () => {
  fc.assert(
    fc.property(text, (value) => {
      const bytes = Buffer.alloc(textRoom(value));
      const end = putText(bytes, 0, value);
      expect(end).toBeLessThanOrEqual(bytes.length);
      const writer = new Writer();
      writer.string(1, value);
      expect(bytes.subarray(0, end)).toEqual(Buffer.from(writer.view()).subarray(1));
    }),
  );
});

test("varints and words are read as they were put", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (value) => {
      const bytes = Buffer.alloc(5);
      const reader = new Reader(bytes.subarray(0, putVarint(bytes, 0, value)));
      expect(reader.varint()).toBe(value);
    }),
  );
  const bytes = Buffer.alloc(8);
  putWord(bytes, putLittleWord(bytes, 0, -2), -2);
  expect([bytes.readInt32LE(0), bytes.readInt32BE(4)]).toEqual([-2, -2]);
});

test("a message is moved on where its length needs more room", () => {
  for (const length of [0, 127, 128, 16_383, 16_384]) {
    const bytes = Buffer.alloc(length + 4);
    bytes.fill(7, 1, 1 + length);
    const end = putLength(bytes, 1, 1 + length);
    const reader = new Reader(bytes.subarray(0, end));
    expect(reader.lengthEnd()).toBe(end);
    expect(bytes.subarray(reader.position, end)).toEqual(Buffer.alloc(length, 7));
  }
});
