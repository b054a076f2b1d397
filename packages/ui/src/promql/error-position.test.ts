import { expect, test } from "vitest";
import { promqlError } from "./error-position.ts";

test("splits the place off Prometheus's text", () => {
  expect(promqlError('invalid parameter "query": 1:13: parse error: unexpected "("')).toEqual({
    message: 'parse error: unexpected "("',
    at: { line: 1, column: 13 },
  });
});

test("keeps a text without a place whole", () => {
  expect(promqlError("query timed out")).toEqual({ message: "query timed out", at: undefined });
});
