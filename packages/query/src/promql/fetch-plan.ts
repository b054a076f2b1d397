import type { Expr, VectorSelector } from "./ast.ts";
import type { Grid } from "./grid.ts";
import { METRIC_NAME } from "./labels.ts";
import type { SelectRequest } from "./querier.ts";
import { durationMs, fetchWindow, type QueryTimes, subqueryGrid } from "./timing.ts";

/** One request for each selector of a query, covering all times at which it is looked at. */
export type FetchPlan = ReadonlyMap<VectorSelector, SelectRequest>;

/** Works out what a query needs of the store, before anything is evaluated. */
export function planFetches(expr: Expr, grid: Grid, times: QueryTimes, sampleLimit: number): FetchPlan {
  const plan = new Map<VectorSelector, SelectRequest>();
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
        if (node.func === "info") add(infoSelector(node), 0, grid, "info");
        return;
      case "number":
      case "string":
        return;
    }
  };
  const add = (selector: VectorSelector, rangeMs: number, grid: Grid, func: string): void => {
    const hints = { stepMs: grid.stepMs, rangeMs, lookbackMs: times.lookbackMs, func };
    const window = grid.count === 0 ? { startMs: 0, endMs: 0 } : fetchWindow(selector, rangeMs, grid, times);
    plan.set(selector, { matchers: selector.matchers, ...window, sampleLimit, hints });
  };
  visit(expr, grid, "");
  return plan;
}

const DEFAULT_INFO_METRIC = { name: METRIC_NAME, operator: "=", value: "target_info" } as const;
const infoSelectors = new WeakMap<Expr, VectorSelector>();

/** The info metrics that a call of `info` joins: those that its second argument names, else `target_info`. */
export function infoSelector(call: Expr & { kind: "call" }): VectorSelector {
  const known = infoSelectors.get(call);
  if (known !== undefined) return known;
  const [, second] = call.args;
  const given = second?.kind === "vector" ? second.matchers.filter(({ name }) => name === METRIC_NAME) : [];
  const selector: VectorSelector = {
    kind: "vector",
    name: "",
    matchers: given.length > 0 ? given : [DEFAULT_INFO_METRIC],
    offset: undefined,
    at: undefined,
    extension: undefined,
    position: call.position,
  };
  infoSelectors.set(call, selector);
  return selector;
}
