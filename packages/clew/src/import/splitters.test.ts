/** Files taken apart piece by piece: the same things come out however they are cut, and hostile ones end in a problem. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Elements } from "./elements.ts";
import { Frames } from "./frames.ts";
import type { Item, Splitter } from "./item.ts";
import { Lines } from "./lines.ts";

function split(splitter: Splitter, bytes: Buffer, pieceBytes = bytes.length): Item[] {
  const items: Item[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes)
    items.push(...splitter.feed(bytes.subarray(start, start + pieceBytes)));
  items.push(...splitter.end());
  return items;
}

const texts = (items: readonly Item[]): (string | undefined)[] =>
  items.map(({ bytes, problem }) => bytes?.toString() ?? problem);
const pieceSizes = fc.integer({ min: 1, max: 9 });

test("elements of any list of JSON, however it is written and cut", () => {
  const lists = fc.array(
    fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()), fc.jsonValue()),
  );
  fc.assert(
    fc.property(lists, fc.boolean(), fc.constantFrom(0, 2), pieceSizes, (list, isUnderKey, indent, pieceBytes) => {
      const document = isUnderKey ? { total: 1, text: "data", data: list, errors: [null] } : list;
      const items = split(new Elements(), Buffer.from(JSON.stringify(document, null, indent)), pieceBytes);
      expect(items.map(({ bytes }) => JSON.parse(bytes?.toString() ?? "") as unknown)).toEqual(
        JSON.parse(JSON.stringify(list)),
      );
    }),
  );
});

test("an element has the line on which it begins", () => {
  const items = split(new Elements(), Buffer.from('[\n  {\n    "a": "]"\n  },\n  2\n]\n'));
  expect(items.map(({ place }) => place)).toEqual(["line 2", "line 5"]);
});

test("an element that is too large is passed over, and those around it are given", () => {
  const items = split(new Elements(10), Buffer.from(`["first", "${"x".repeat(100)}", "last"]`), 7);
  expect(texts(items)).toEqual(['"first"', expect.stringContaining("was passed over"), '"last"']);
});

test.each([
  ['[{"a": 1}, {"b":', "it is cut off"],
  ['[{"a": 1}, ', "the list is cut off"],
  ['{"total": 1}', "there is no list of traces or spans"],
  ['{"other": {"data": [1]}}', "there is no list of traces or spans"],
  ["[".repeat(5), "it is cut off"],
  ["]}]}", "there is no list of traces or spans"],
])("%s ends in a problem", (text, problem) => {
  expect(split(new Elements(), Buffer.from(text), 3).at(-1)).toMatchObject({ bytes: undefined, problem });
});

test("lines, without blank ones, and with the last one that has no end", () => {
  fc.assert(
    fc.property(fc.array(fc.string().map((line) => line.replaceAll("\n", ""))), pieceSizes, (lines, pieceBytes) => {
      const items = split(new Lines(), Buffer.from(lines.join("\r\n")), pieceBytes);
      const expected = lines.flatMap((line, i) => (/[^\0- ]/.test(line) ? [[`line ${i + 1}`, line]] : []));
      expect(items.map(({ place, bytes }) => [place, bytes?.toString().replace(/\r$/, "")])).toEqual(expected);
    }),
  );
});

test("a line that is too large is passed over", () => {
  const items = split(new Lines(10), Buffer.from(`first\n${"x".repeat(100)}\nlast`), 7);
  expect(texts(items)).toEqual(["first", expect.stringContaining("was passed over"), "last"]);
  expect(items.map(({ place }) => place)).toEqual(["line 1", "line 2", "line 3"]);
});

function framed(...messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return [length, message];
    }),
  );
}

test("frames, however they are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1 })), pieceSizes, (messages, pieceBytes) => {
      const items = split(new Frames(), framed(...messages.map((one) => Buffer.from(one))), pieceBytes);
      expect(items.map(({ bytes }) => new Uint8Array(bytes ?? []))).toEqual(messages);
    }),
  );
});

test.each([
  ["the middle of a message", framed(Buffer.from("whole"), Buffer.from("torn")).subarray(0, -1), "it is cut off"],
  ["the middle of a length", framed(Buffer.from("whole"), Buffer.from("torn")).subarray(0, 11), "it is cut off"],
  [
    "a length beyond all limits",
    Buffer.concat([framed(Buffer.from("whole")), Buffer.from([255, 0, 0, 0, 1, 2])]),
    "no message of 4278190080 bytes is read, nor what is behind it",
  ],
])("frames before %s are given, and where it is", (_name, bytes, problem) => {
  const items = split(new Frames(), bytes, 3);
  expect(items.map(({ place }) => place)).toEqual(["byte 0", "byte 9"]);
  expect(texts(items)).toEqual(["whole", problem]);
});
