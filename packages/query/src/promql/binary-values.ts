import type { Annotations } from "./annotations.ts";
import { type Binary, type BinaryOperator, isComparison } from "./ast.ts";
import { goPow } from "./go-float.ts";
import { combineHistograms } from "./combine-histograms.ts";
import type { Sample } from "./series.ts";

/** The result of two floats; for a comparison the left one, if it holds. Nothing where there is no result. */
export function combineFloats(operator: BinaryOperator, left: number, right: number): number | undefined {
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
      return goPow(left, right);
    case "atan2":
      return Math.atan2(left, right);
    default:
      return compares(operator, left, right) ? left : undefined;
  }
}

export function compares(operator: BinaryOperator, left: number, right: number): boolean {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return false;
  }
}

/** The result of two points, floats or histograms. Where their kinds do not fit the operator, there is none. */
export function combineSamples(
  expr: Binary,
  left: Sample,
  right: Sample,
  annotations: Annotations,
): Sample | undefined {
  const { operator } = expr;
  if (typeof left === "number" && typeof right === "number") {
    if (operator !== "</" && operator !== ">/") return combineFloats(operator, left, right);
    annotations.info(
      `incompatible sample types encountered for binary operator ${JSON.stringify(operator)}: float ${operator} float`,
      expr.position,
    );
    return undefined;
  }
  return combineHistograms(expr, left, right, annotations);
}

/** Whether an operator makes something else of a metric's values, so that its name no longer fits. */
export function changesMetric(operator: BinaryOperator): boolean {
  return !isComparison(operator) && operator !== "</" && operator !== ">/";
}
