import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NativeColumns } from "./native-columns.ts";

/** A block of a column of UInt64, one of Float64 and one of arrays of Float64. */
function block(rows: readonly { id: bigint; value: number; list: readonly number[] }[]): Buffer {
  let end = 0n;
  const ends = rows.map(({ list }) => (end += BigInt(list.length)));
  return Buffer.concat([
    Buffer.of(3, rows.length),
    column("id", "UInt64", new Uint8Array(BigUint64Array.from(rows, ({ id }) => id).buffer)),
    column("value", "Float64", new Uint8Array(Float64Array.from(rows, ({ value }) => value).buffer)),
    column(
      "list",
      "Array(Float64)",
      new Uint8Array(BigUint64Array.from(ends).buffer),
      new Uint8Array(Float64Array.from(rows.flatMap(({ list }) => list)).buffer),
    ),
  ]);
}

function column(name: string, type: string, ...data: readonly Uint8Array[]): Buffer {
  const head = [name, type].flatMap((text) => [Buffer.of(text.length), Buffer.from(text)]);
  return Buffer.concat([...head, ...data]);
}

const row = fc.record({
  id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  value: fc.double({ noNaN: true }),
  list: fc.array(fc.double({ noNaN: true }), { maxLength: 5 }),
});

test("columns read back as they were written, however many blocks they are in and wherever the pieces end", () => {
  const blocks = fc.array(fc.array(row, { maxLength: 20 }), { maxLength: 4 });
  fc.assert(
    fc.property(blocks, fc.array(fc.nat(2_000), { maxLength: 20 }), (written, cuts) => {
      const bytes = Buffer.concat(written.map(block));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
      const columns = new NativeColumns(chunks);
      const rows = written.flat();
      expect(columns.rows).toBe(rows.length);
      expect([...new BigUint64Array(columns.wordsOf(0).buffer)]).toEqual(rows.map(({ id }) => id));
      expect([...columns.floatsOf(1)]).toEqual(rows.map(({ value }) => value));
      const [values, ends] = [columns.floatsOf(2), columns.endsOf(2)];
      const lists = rows.map((_row, i) => [...values.subarray(ends[i - 1] ?? 0, ends[i])]);
      expect(lists).toEqual(rows.map(({ list }) => list));
    }),
  );
});

test("an answer that ends too early is no answer", () => {
  const bytes = block([{ id: 1n, value: 2, list: [3] }]);
  expect(() => new NativeColumns([bytes.subarray(0, bytes.length - 1)])).toThrow("ends in the middle of a column");
});
