import { expect, test } from "vitest";
import { boundText } from "./bound-text.ts";

test.each([
  [0, "0"],
  [0.5, "0.5"],
  [-2, "-2"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [100_000, "100000"],
  [123_456.5, "123456.5"],
  [1_000_000, "1e+06"],
  [1_234_567, "1.234567e+06"],
  [1e21, "1e+21"],
  [1e-128, "1e-128"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
  [NaN, "NaN"],
])("the bound %d is written %s, as Go writes it", (value, text) => {
  expect(boundText(value)).toBe(text);
});
