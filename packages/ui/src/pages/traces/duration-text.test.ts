import { expect, test } from "vitest";
import { durationText } from "./duration-text.ts";

test("takes durations as Go writes them, and a bare number as milliseconds", () => {
  expect(["250ms", "1.5s", "2m 30s", "80"].map(durationText)).toEqual(["250ms", "1.5s", "2m30s", "80ms"]);
  expect(["", "fast", "5 parsecs", "-1s"].map(durationText)).toEqual([undefined, undefined, undefined, undefined]);
});
