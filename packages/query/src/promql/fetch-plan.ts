import type { Call, Expr, VectorSelector } from "./ast.ts";
import { type Grid, lastTimeOf } from "./grid.ts";
import { infoMatchers, infoReference } from "./info-function.ts";
import type { SelectRequest } from "./querier.ts";
import { durationMs, fetchWindow, type QueryTimes, subqueryGrid } from "./timing.ts";

/** One request for each selector of a query (and for each call of `info`, which selects by itself), covering all times at which it is looked at. */
export type FetchPlan = ReadonlyMap<VectorSelector | Call, SelectRequest>;

/** Functions whose results depend on when the counting of samples began. */
const OF_STARTS = new Set(["rate", "increase", "irate", "resets", "start_timestamp"]);

/** Works out what a query needs of the store, before anything is evaluated. */
export function planFetches(
  expr: Expr,
  grid: Grid,
  times: QueryTimes,
  { sampleLimit, looksAtStarts }: { readonly sampleLimit: number; readonly looksAtStarts: boolean },
): FetchPlan {
  const plan = new Map<VectorSelector | Call, SelectRequest>();
  const visit = (node: Expr, grid: Grid, func: string): void => {
    switch (node.kind) {
      case "vector":
        return add(node, 0, grid, func);
      case "matrix":
        return add(node.selector, durationMs(node.range, times), grid, func);
      case "subquery":
        return visit(node.expr, subqueryGrid(node, grid, times), "");
      case "paren":
      case "unary":
        return visit(node.expr, grid, func);
      case "aggregate":
        if (node.parameter !== undefined) visit(node.parameter, grid, "");
        return visit(node.expr, grid, node.operator);
      case "binary":
        visit(node.left, grid, "");
        return visit(node.right, grid, "");
      case "call":
        node.args.forEach((arg, i) => {
          if (node.func !== "info" || i === 0) visit(arg, grid, node.func);
        });
        if (node.func === "info") addInfo(node, grid);
        return;
      case "number":
      case "string":
        return;
    }
  };
  const add = (selector: VectorSelector, rangeMs: number, grid: Grid, func: string): void => {
    const hints = {
      stepMs: grid.stepMs,
      rangeMs,
      lookbackMs: times.lookbackMs,
      needsStarts: looksAtStarts && OF_STARTS.has(func),
      func,
    };
    const window = grid.count === 0 ? { startMs: 0, endMs: 0 } : fetchWindow(selector, rangeMs, grid, times);
    plan.set(selector, { matchers: selector.matchers, ...window, sampleLimit, hints });
  };
  const addInfo = (call: Call, grid: Grid): void => {
    const { fixedMs, offsetMs } = infoReference(call, times);
    const { lookbackMs } = times;
    const startMs = (fixedMs ?? grid.startMs) - offsetMs - lookbackMs;
    const endMs = (fixedMs ?? lastTimeOf(grid)) - offsetMs;
    const hints = { stepMs: grid.stepMs, rangeMs: 0, lookbackMs, needsStarts: false, func: "info" };
    plan.set(call, { matchers: infoMatchers(call), startMs, endMs, sampleLimit, hints });
  };
  visit(expr, grid, "");
  return plan;
}
