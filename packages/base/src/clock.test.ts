import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("the system's clock goes on evenly, finer than a millisecond, close to the wall clock", () => {
  const times = Array.from({ length: 1_000 }, () => systemClock.nowMs());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.some((time) => !Number.isInteger(time))).toBe(true);
  expect(Math.abs(times[0]! - Date.now())).toBeLessThan(1_500);
});

test("a wall clock that is set, or that a sleeping machine left behind, is followed", () => {
  const now = Date.now();
  for (const jumpMs of [-86_400_000, 28_800_000]) {
    vi.spyOn(Date, "now").mockReturnValue(now + jumpMs);
    expect(systemClock.nowMs()).toBe(now + jumpMs);
  }
});
