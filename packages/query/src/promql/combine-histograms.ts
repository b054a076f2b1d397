import type { Annotations } from "./annotations.ts";
import type { Binary } from "./ast.ts";
import { combine, divide, equalHistograms, scale } from "./histogram-math.ts";
import type { Sample } from "./series.ts";
import { trimHistogram } from "./trim-histogram.ts";

/** The result of two points of which at least one is a histogram. */
export function combineHistograms(
  expr: Binary,
  left: Sample,
  right: Sample,
  annotations: Annotations,
): Sample | undefined {
  const { operator } = expr;
  if (typeof left === "number") {
    if (operator === "*" && typeof right !== "number") return scale(right, left);
  } else if (typeof right === "number") {
    if (operator === "*") return scale(left, right);
    if (operator === "/") return divide(left, right);
    if (operator === "</" || operator === ">/") return trimHistogram(left, right, operator === "</");
  } else {
    if (operator === "==") return equalHistograms(left, right) ? left : undefined;
    if (operator === "!=") return equalHistograms(left, right) ? undefined : left;
    if (operator === "+" || operator === "-") return sumOf(expr, left, right, annotations);
  }
  const types = [left, right].map((sample) => (typeof sample === "number" ? "float" : "histogram"));
  annotations.info(
    `incompatible sample types encountered for binary operator ${JSON.stringify(operator)}: ${types.join(` ${operator} `)}`,
    expr.position,
  );
  return undefined;
}

function sumOf(
  { operator, position }: Binary,
  left: Exclude<Sample, number>,
  right: Exclude<Sample, number>,
  annotations: Annotations,
): Sample | undefined {
  const combined = combine(left, right, operator === "+" ? 1 : -1);
  if (combined === undefined) {
    annotations.warn(`incompatible bucket layout encountered for binary operator ${operator}`, position);
    return undefined;
  }
  const operation = operator === "+" ? "addition" : "subtraction";
  if (combined.resetCollision) {
    annotations.warn(`conflicting counter resets during histogram ${operation}`, position);
  }
  if (combined.boundsReconciled) {
    annotations.info(`mismatched custom buckets were reconciled during ${operation}`, position);
  }
  return operator === "-" ? { ...combined.histogram, counterReset: "gauge" } : combined.histogram;
}
