import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { parsePrometheusDuration, prometheusDurationText } from "./prometheus-duration.ts";

test("any whole number of milliseconds reads back as itself", () => {
  assert(
    property(integer({ min: 0, max: 9_000_000_000_000 }), (durationMs) => {
      expect(parsePrometheusDuration(prometheusDurationText(durationMs))).toBe(durationMs);
    }),
  );
});

test.each([
  [0, "0s"],
  [90_000, "1m30s"],
  [14 * 86_400_000, "2w"],
  [15 * 86_400_000, "15d"],
  [-61_001, "-1m1s1ms"],
])("writes %d ms as %s", (durationMs, text) => {
  expect(prometheusDurationText(durationMs)).toBe(text);
});

test.each([
  ["", "empty duration string"],
  ["5", 'not a valid duration string: "5"'],
  ["5m1h", 'not a valid duration string: "5m1h"'],
  ["1.5m", 'unknown unit "." in duration "1.5m"'],
  ["5m1hs", 'unknown unit "hs" in duration "5m1hs"'],
  ["5m1h1hs", 'not a valid duration string: "5m1h1hs"'],
  ["m5x", 'not a valid duration string: "m5x"'],
  ["5y1hs", 'unknown unit "hs" in duration "5y1hs"'],
])("refuses %j", (text, problem) => {
  expect(() => parsePrometheusDuration(text)).toThrow(problem);
});
