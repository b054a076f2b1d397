import { expect, test } from "vitest";
import { gridOf, rateWindow } from "./resolution.ts";

const MINUTE = 60_000;

test("asks for at most about 500 steps, at times that stay while the range moves", () => {
  const grid = gridOf({ startMs: 1_000, endMs: 1_000 + 15 * MINUTE });
  expect(grid).toEqual({ startSeconds: 0, endSeconds: 900, stepSeconds: 2 });
  expect(gridOf({ startMs: 1_900, endMs: 1_900 + 15 * MINUTE })).toEqual(grid);
});

test("widens the window of rate with the steps", () => {
  const of = (minutes: number): string => rateWindow({ startMs: 0, endMs: minutes * MINUTE });
  expect([of(15), of(180), of(1_440), of(10_080)]).toEqual(["1m", "5m", "20m", "2h"]);
});
