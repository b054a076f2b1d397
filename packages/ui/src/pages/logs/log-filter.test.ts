import { expect, test } from "vitest";
import { isFiltered, timeOfId, toggled } from "./log-filter.ts";

test("adds what is missing, takes away what is there, and leaves nothing rather than an empty list", () => {
  expect(toggled(undefined, "a")).toEqual(["a"]);
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  expect(toggled(["a"], "a")).toBeUndefined();
});

test("reads a record's time off its id", () => {
  expect(timeOfId("1795405877467000000-2821316920003025342-0")).toBe(1_795_405_877_467);
  expect(timeOfId("live-3")).toBeUndefined();
});

test("takes time for no filter", () => {
  expect(isFiltered({ from: "now-1h", live: "true" })).toBe(false);
  expect(isFiltered({ severity: "17" })).toBe(true);
});
