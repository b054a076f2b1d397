import { expect, test } from "vitest";
import { exceptionOf, stackLines } from "./exception.ts";

test("reads an exception from its attributes", () => {
  const attributes = [
    { key: "exception.type", value: { stringValue: "TypeError" } },
    { key: "exception.message", value: { stringValue: "no" } },
  ];
  expect(exceptionOf(attributes)).toEqual({ type: "TypeError", message: "no", stacktrace: "" });
  expect(exceptionOf([])).toBeUndefined();
});

test("tells the application's frames from its libraries'", () => {
  const lines = stackLines(
    "Error: no\n    at pay (/app/pay.js:3:1)\n    at next (/app/node_modules/x/y.js:1:1)\n    at node:internal/timers:5:1\n",
  );
  expect(lines.map(({ isForeign }) => isForeign)).toEqual([false, false, true, true]);
});

test("marks nothing where all frames are a library's", () => {
  const lines = stackLines("Error: no\n    at next (/app/node_modules/x/y.js:1:1)");
  expect(lines.some(({ isForeign }) => isForeign)).toBe(false);
});
