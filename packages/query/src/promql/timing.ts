import type { At, Duration, Subquery, VectorSelector } from "./ast.ts";
import { type Grid, gridOf, lastTimeOf, timeOf } from "./grid.ts";
import { queryError } from "./query-error.ts";

/** The whole query's times, which `@ start()`, `range()` and the like refer to. */
export interface QueryTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly lookbackMs: number;
  /** The step of a subquery that has none. */
  readonly defaultStepMs: number;
}

/** Where a selector looks, for each evaluation time: `time - offsetMs`, or `fixedMs - offsetMs` with `@`. */
export interface Reference {
  readonly fixedMs: number | undefined;
  readonly offsetMs: number;
}

export function referenceOf(
  { at, offset }: { readonly at: At | undefined; readonly offset: Duration | undefined },
  times: QueryTimes,
): Reference {
  const offsetMs = offset === undefined ? 0 : durationMs(offset, times, true);
  if (at === undefined) return { fixedMs: undefined, offsetMs };
  return { fixedMs: at === "start" ? times.startMs : at === "end" ? times.endMs : at.timeMs, offsetMs };
}

/** The time that a selector refers to at a step. */
export function referenceTime({ fixedMs, offsetMs }: Reference, grid: Grid, step: number): number {
  return (fixedMs ?? timeOf(grid, step)) - offsetMs;
}

/** The evaluation times of a subquery's inside, for all evaluation times of its outside. */
export function subqueryGrid(subquery: Subquery, outer: Grid, times: QueryTimes): Grid {
  const reference = referenceOf(subquery, times);
  const rangeMs = durationMs(subquery.range, times);
  const stepMs = subquery.step === undefined ? times.defaultStepMs : durationMs(subquery.step, times);
  const earliest = referenceTime(reference, outer, 0) - rangeMs;
  // Windows are open on the left: the first time is the first multiple of the step after `earliest`.
  const startMs = (Math.floor(earliest / stepMs) + 1) * stepMs;
  return gridOf(startMs, (reference.fixedMs ?? lastTimeOf(outer)) - reference.offsetMs, stepMs);
}

/** The samples that a selector needs, as `(startMs, endMs]`. `rangeMs` is 0 for an instant selector. */
export function fetchWindow(
  selector: VectorSelector,
  rangeMs: number,
  grid: Grid,
  times: QueryTimes,
): { startMs: number; endMs: number } {
  const reference = referenceOf(selector, times);
  const first = referenceTime(reference, grid, 0);
  const last = (reference.fixedMs ?? lastTimeOf(grid)) - reference.offsetMs;
  const before = rangeMs === 0 || selector.extension !== undefined ? times.lookbackMs : 0;
  const after = selector.extension === "smoothed" ? times.lookbackMs : 0;
  return { startMs: first - rangeMs - before, endMs: last + after };
}

/** Works out a duration. Throws `QUERY_EXECUTION` where it is not one that can be used. */
export function durationMs(duration: Duration, times: QueryTimes, mayBeNegative = false): number {
  const seconds = secondsOf(duration, times);
  const { start, end } = duration.position;
  const fail = (problem: string): never => {
    throw queryError("execution", `${start}:${end}: ${problem}`, { position: duration.position });
  };
  if (!Number.isFinite(seconds)) fail("duration is NaN or infinite");
  if (seconds <= 0 && !mayBeNegative) fail("duration must be greater than 0");
  if (Math.abs(seconds) > 2 ** 63 / 1e9) fail("duration is out of range");
  return duration.kind === "literal" ? Math.round(seconds * 1000) : Math.trunc(seconds * 1000);
}

function secondsOf(duration: Duration, times: QueryTimes): number {
  switch (duration.kind) {
    case "literal":
      return duration.seconds;
    case "step":
      return times.stepMs / 1000;
    case "range":
      return (times.endMs - times.startMs) / 1000;
    case "negated":
      return -secondsOf(duration.operand, times);
    case "grouped":
      return secondsOf(duration.operand, times);
    default:
      return calculated(duration, secondsOf(duration.left, times), secondsOf(duration.right, times));
  }
}

function calculated(duration: Duration & { kind: "calculated" }, left: number, right: number): number {
  const { operator, position } = duration;
  if (right === 0 && (operator === "/" || operator === "%")) {
    const problem = operator === "/" ? "division by zero" : "modulo by zero";
    throw queryError("execution", `${position.start}:${position.end}: ${problem}`, { position });
  }
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    case "^":
      return left ** right;
    case "min_of":
      return Math.min(left, right);
    default:
      return Math.max(left, right);
  }
}
