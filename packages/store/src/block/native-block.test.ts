import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FixedColumn, StringColumn } from "./columns.ts";
import { nativeBlock, rowsOf } from "./native-block.ts";

test("a block tells how many rows it has, whatever its columns", () => {
  const [number, text] = [new FixedColumn("UInt8", 1), new StringColumn()];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), (rows) => {
      number.reset();
      text.reset();
      for (let i = 0; i < rows; i++) {
        number.values.u8(i);
        text.addEmpty();
      }
      expect(rowsOf(Buffer.concat(nativeBlock({ number, text })))).toBe(rows);
    }),
    { numRuns: 20 },
  );
});

test("columns of different lengths are no block", () => {
  const [number, text] = [new FixedColumn("UInt8", 1), new StringColumn()];
  text.addText("alone");
  expect(() => nativeBlock({ number, text })).toThrow("column text has 1 rows, the block 0");
});
