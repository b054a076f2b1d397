import { expect, test } from "vitest";
import { bucketGrid } from "./bucket-grid.ts";

test("covers the range with whole buckets of a nice width", () => {
  expect(bucketGrid({ startMs: 3_000, endMs: 903_000 }, 60)).toEqual({
    startMs: 0,
    endMs: 915_000,
    bucketMs: 15_000,
    count: 61,
  });
});

test("gives the same buckets to a range that moved a little", () => {
  const [a, b] = [0, 4_000].map((ms) => bucketGrid({ startMs: ms + 1, endMs: 600_001 + ms }, 60));
  expect(a).toEqual(b);
});
