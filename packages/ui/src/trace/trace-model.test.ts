import { expect, test } from "vitest";
import type { TraceSkeleton } from "../api/types.ts";
import { criticalPath } from "./critical-path.ts";
import { failingSpan } from "./failing-span.ts";
import { timeTicks } from "./time-ticks.ts";
import { buildTrace, PARENT_MISSING, type TraceModel } from "./trace-model.ts";
import { collapsible, matchingSpans, nextOf, revealed, visibleRows } from "./visible-rows.ts";

/** Spans as `[parent, start, duration, status]`, named `s0`, `s1`, … */
function traceOf(...rows: readonly (readonly [number, number, number, number?])[]): TraceModel {
  const skeleton: TraceSkeleton = {
    traceId: "00",
    startUnixNano: "0",
    spanCount: rows.length,
    services: ["shop"],
    names: rows.map((_row, i) => `s${i}`),
    spans: {
      spanId: rows.map((_row, i) => String(i)),
      parent: rows.map(([parent]) => parent),
      service: rows.map(() => 0),
      name: rows.map((_row, i) => i),
      kind: rows.map(() => 1),
      status: rows.map(([, , , status = 0]) => status),
      startOffsetNanos: rows.map(([, start]) => start),
      durationNanos: rows.map(([, , duration]) => duration),
      events: rows.map(() => []),
      links: rows.map(() => 0),
    },
  };
  return buildTrace(skeleton);
}

test("orders parents before children and siblings by start", () => {
  const model = traceOf([-1, 0, 100], [0, 50, 10], [0, 10, 20], [2, 12, 5]);
  expect([...model.order]).toEqual([0, 2, 3, 1]);
  expect([...model.depth]).toEqual([0, 1, 1, 2]);
  expect([...model.subtreeSpans]).toEqual([4, 1, 2, 1]);
});

test("keeps spans whose parents form a ring, as parentless", () => {
  const model = traceOf([-1, 0, 100], [2, 5, 1], [1, 6, 1]);
  expect([...model.order]).toEqual([0, 1, 2]);
  expect(model.parent[1]).toBe(PARENT_MISSING);
});

test("names the trace by its first span where every root is missing", () => {
  expect(traceOf([-2, 5, 1], [-2, 0, 1]).root).toBe(1);
});

test("self time leaves out overlapping children once, and what runs past the end", () => {
  const model = traceOf([-1, 0, 100], [0, 10, 30], [0, 20, 40], [0, 90, 50]);
  expect(model.selfNanos[0]).toBe(40);
  expect(model.totalNanos).toBe(140);
});

test("the critical path goes through the child that ended last", () => {
  const model = traceOf([-1, 0, 100], [0, 10, 30], [0, 10, 70]);
  const path = criticalPath(model);
  expect(path.get(0)).toEqual([80, 100, 0, 10]);
  expect(path.get(2)).toEqual([10, 80]);
  expect(path.has(1)).toBe(false);
});

test("looks first at the deepest error without a failed child", () => {
  const model = traceOf([-1, 0, 100, 2], [0, 10, 30, 2], [1, 10, 20, 2], [0, 50, 5, 2]);
  expect(failingSpan(model, criticalPath(model))).toBe(2);
});

test("without errors looks first at the most time on the critical path", () => {
  const model = traceOf([-1, 0, 100], [0, 5, 90], [1, 10, 20]);
  expect(failingSpan(model, criticalPath(model))).toBe(1);
});

test("a collapsed span hides all below it, and a reveal opens what is above", () => {
  const model = traceOf([-1, 0, 100], [0, 10, 30], [1, 10, 20], [0, 50, 5]);
  const collapsed = collapsible(model);
  expect([...collapsed]).toEqual([1]);
  expect([...visibleRows(model, collapsed)]).toEqual([0, 1, 3]);
  expect([...revealed(model, collapsed, 2)]).toEqual([]);
  expect(revealed(model, collapsed, 3)).toBe(collapsed);
});

test("finds spans by words of service and name, and goes round", () => {
  const model = traceOf([-1, 0, 100], [0, 10, 30], [0, 50, 5]);
  expect(matchingSpans(model, "SHOP s1")).toEqual([1]);
  expect(matchingSpans(model, " ")).toBeUndefined();
  expect(nextOf(model, [0, 2], 1, 1)).toBe(2);
  expect(nextOf(model, [0, 2], 2, 1)).toBe(0);
  expect(nextOf(model, [0, 2], 0, -1)).toBe(2);
});

test("a chain of 20,000 spans is no trouble", () => {
  const model = traceOf(...Array.from({ length: 20_000 }, (_unused, i) => [i - 1, i, 40_000 - i] as const));
  expect(model.maxDepth).toBe(19_999);
  expect(criticalPath(model).size).toBe(20_000);
});

test("ticks are round and few", () => {
  expect(timeTicks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(timeTicks(1.5e6, 3e6, 4)).toEqual([1.5e6, 2e6, 2.5e6, 3e6]);
});
