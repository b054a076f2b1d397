import { expect, test } from "vitest";
import { severityOf } from "./severity.ts";

test("takes each number to the severity that it is a degree of", () => {
  expect([0, 1, 4, 5, 9, 12, 13, 17, 20, 21, 24].map((number) => severityOf(number).letter).join("")).toBe(
    "–TTDIIWEEFF",
  );
});
