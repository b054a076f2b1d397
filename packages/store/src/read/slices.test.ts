import { expect, test } from "vitest";
import { newestFirst, oldestFirst } from "./slices.ts";

const SECOND = 1_000_000_000n;
const window = { startUnixNano: 1_000n * SECOND, endUnixNano: 87_400n * SECOND };
const never = (): boolean => false;

test("parts grow from one end to the other and leave nothing out", () => {
  const newest = [...newestFirst(window, never)];
  expect(newest.map(({ startUnixNano, endUnixNano }) => endUnixNano - startUnixNano)).toEqual([
    1_350n * SECOND,
    10_800n * SECOND,
    74_250n * SECOND,
  ]);
  expect([newest[0]!.endUnixNano, newest.at(-1)!.startUnixNano]).toEqual([window.endUnixNano, window.startUnixNano]);
  for (const [i, part] of newest.slice(1).entries()) expect(part.endUnixNano).toBe(newest[i]!.startUnixNano);

  const oldest = [...oldestFirst(window, never)];
  expect([oldest[0]!.startUnixNano, oldest.at(-1)!.endUnixNano]).toEqual([window.startUnixNano, window.endUnixNano]);
  for (const [i, part] of oldest.slice(1).entries()) expect(part.startUnixNano).toBe(oldest[i]!.endUnixNano);
});

test("where little will be read, all that is left is one part", () => {
  for (const parts of [newestFirst, oldestFirst]) {
    const lengths = [...parts(window, () => true)].map((part) => part.endUnixNano - part.startUnixNano);
    expect(lengths).toEqual([1_350n * SECOND, 85_050n * SECOND]);
  }
});
