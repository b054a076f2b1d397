import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["0", 0],
  ["200ms", 200],
  ["5s", 5_000],
  ["1h30m", 5_400_000],
  ["1.5s", 1_500],
  ["-2m", -120_000],
  ["10us", 0.01],
])("reads %s as %d ms", (text, expected) => {
  expect(parseDuration(text)).toBeCloseTo(expected, 9);
});

test.each(["", "5", "s", "5 s", "soon", "1h-2m", "5S"])("refuses %j with the path and a remedy", (text) => {
  expect(() => parseDuration(text, "processors::batch::timeout")).toThrow(
    `[DURATION_INVALID] processors::batch::timeout: expected a duration, got ${JSON.stringify(text)} (write "200ms" or "5s")`,
  );
});
