import { expect, test } from "vitest";
import type { TraceSummary } from "../../api/types.ts";
import { dotAt, dotsOf, scatterScale } from "./scatter-scale.ts";

const AREA = { left: 40, top: 0, width: 100, height: 100 };
const RANGE = { startMs: 1_000, endMs: 2_000 };

function trace(startMs: number, durationMs: number, errorCount = 0): TraceSummary {
  return {
    traceId: `${startMs}`,
    rootService: "shop",
    rootOperation: "pay",
    startUnixNano: String(startMs * 1e6),
    durationNanos: String(durationMs * 1e6),
    spanCount: 1,
    errorCount,
    services: [],
  };
}

test("time runs to the right and duration upwards, by powers of ten", () => {
  const scale = scatterScale([trace(1_000, 1), trace(2_000, 100)], RANGE, AREA);
  expect(scale.x(1_500)).toBe(90);
  expect(scale.timeAt(90)).toBe(1_500);
  expect(scale.ticks).toEqual([1e6, 1e7, 1e8]);
  expect(scale.y(1e7)).toBeCloseTo(50);
  expect(scale.y(1e8)).toBeLessThan(scale.y(1e6));
});

test("the pointer finds the nearest trace within reach, a failed one before another", () => {
  const traces = [trace(1_500, 10, 1), trace(1_500, 10), trace(1_900, 10)];
  const dots = dotsOf(traces, scatterScale(traces, RANGE, AREA));
  expect(dotAt(dots, 92, 50)?.trace).toBe(traces[0]);
  expect(dotAt(dots, 128, 50)?.trace).toBe(traces[2]);
  expect(dotAt(dots, 60, 10)).toBeUndefined();
});
