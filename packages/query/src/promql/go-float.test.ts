import { expect, test } from "vitest";
import { goGeneralText } from "./go-float.ts";

test.each([
  [100_000, "100000"],
  [1_000_000, "1e+06"],
  [1_234_567, "1.234567e+06"],
  [123_456_789.5, "1.234567895e+08"],
  [1e21, "1e+21"],
  [-0.0001, "-0.0001"],
  [0.00001, "1e-05"],
  [0, "0"],
  [-0, "-0"],
  [-Infinity, "-Inf"],
])("%d is written as Go's %%g does: %s", (value, text) => {
  expect(goGeneralText(value)).toBe(text);
});
