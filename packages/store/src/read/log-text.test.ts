import { expect, test } from "vitest";
import { bodyTest } from "./log-text.ts";

test.each([
  ["timed", "it Timed out", true],
  ["time", "it timed out", false],
  ["*time*", "it timed out", true],
  ["out timed", "it timed out", true],
  ['"timed out"', "it TIMED OUT", true],
  ['"out timed"', "it timed out", false],
  ["user_id", "user_id=7", true],
  ["id", "user_id=7", true],
  ["100%", "at 100%", true],
  ["ärger", "ÄRGER", true],
  ["rger", "ärger", false],
  ["", "anything", true],
])("%j asked of %j: %j", (text, body, isRight) => {
  expect(bodyTest(text)(body)).toBe(isRight);
});
