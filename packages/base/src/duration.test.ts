import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

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

test.each([
  [0, "0s"],
  [0.0015, "1.5µs"],
  [200, "200ms"],
  [1_500, "1.5s"],
  [90_000, "1m30s"],
  [3_600_000, "1h0m0s"],
  [-5_000, "-5s"],
])("writes %d ms as %s", (durationMs, expected) => {
  expect(formatDuration(durationMs)).toBe(expected);
});
