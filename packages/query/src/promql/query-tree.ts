/** A query's syntax as Prometheus's `parse_query` gives it, for clients that draw it as a tree. */
import type { At, Binary, Duration, Expr, VectorSelector } from "./ast.ts";
import { SIGNATURES } from "./function-signatures.ts";
import { goFloatText } from "./go-number.ts";
import { parse } from "./parse.ts";
import type { SyntaxFeatures } from "./promql-features.ts";
import { typeOf } from "./validate.ts";

export type QueryTree = Readonly<Record<string, unknown>>;

/** Throws `QUERY_BAD_DATA`. */
export function queryTree(query: string, features: SyntaxFeatures): QueryTree {
  return treeOf(parse(query, features));
}

function treeOf(expr: Expr): QueryTree {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: goFloatText(expr.value) };
    case "string":
      return { type: "stringLiteral", val: expr.value };
    case "paren":
      return { type: "parenExpr", expr: treeOf(expr.expr) };
    case "unary":
      return { type: "unaryExpr", op: expr.operator, expr: treeOf(expr.expr) };
    case "binary":
      return binaryTree(expr);
    case "call": {
      const { args = [], variadic = 0, returns } = SIGNATURES.get(expr.func) ?? {};
      const func = { name: expr.func, argTypes: args, variadic, returnType: returns };
      return { type: "call", func, args: expr.args.map(treeOf) };
    }
    case "aggregate": {
      const { operator: op, parameter, grouping, without } = expr;
      const param = parameter === undefined ? null : treeOf(parameter);
      return { type: "aggregation", op, expr: treeOf(expr.expr), param, grouping, without };
    }
    case "vector":
      return { type: "vectorSelector", ...selectorFields(expr) };
    case "matrix":
      return { type: "matrixSelector", ...durationFields("range", expr.range), ...selectorFields(expr.selector) };
    default:
      return {
        type: "subquery",
        expr: treeOf(expr.expr),
        ...durationFields("range", expr.range),
        ...durationFields("offset", expr.offset),
        ...durationFields("step", expr.step),
        ...atFields(expr.at),
      };
  }
}

/** How series are matched is told where both sides have some. */
function binaryTree({ operator: op, left, right, matching, returnBool: bool }: Binary): QueryTree {
  const isMatching = typeOf(left) === "vector" && typeOf(right) === "vector";
  const { cardinality: card, labels, on, include, fillLeft, fillRight } = matching;
  const fillValues = { lhs: fillLeft ?? null, rhs: fillRight ?? null };
  return {
    type: "binaryExpr",
    op,
    lhs: treeOf(left),
    rhs: treeOf(right),
    matching: isMatching ? { card, labels, on, include, fillValues } : null,
    bool,
  };
}

function selectorFields({ name, offset, matchers, at, extension }: VectorSelector): QueryTree {
  return {
    name,
    ...durationFields("offset", offset),
    matchers: matchers.map((matcher) => ({ name: matcher.name, value: matcher.value, type: matcher.operator })),
    ...atFields(at),
    anchored: extension === "anchored",
    smoothed: extension === "smoothed",
  };
}

function atFields(at: At | undefined): QueryTree {
  if (typeof at === "string") return { timestamp: null, startOrEnd: at };
  return { timestamp: at?.timeMs ?? null, startOrEnd: null };
}

/** Milliseconds; 0 with the expression beside it where it has to be calculated. */
function durationFields(name: string, duration: Duration | undefined): QueryTree {
  if (duration === undefined) return { [name]: 0, [`${name}Expr`]: null };
  if (duration.kind === "literal") return { [name]: Math.round(duration.seconds * 1_000), [`${name}Expr`]: null };
  return { [name]: 0, [`${name}Expr`]: durationTree(duration) };
}

function durationTree(duration: Duration): QueryTree {
  const tree = (op: string, lhs: Duration | undefined, rhs: Duration | undefined, wrapped = false): QueryTree => ({
    type: "durationExpr",
    op,
    lhs: lhs === undefined ? null : durationTree(lhs),
    rhs: rhs === undefined ? null : durationTree(rhs),
    wrapped,
  });
  switch (duration.kind) {
    case "literal":
      return { type: "numberLiteral", val: goFloatText(duration.seconds), duration: duration.isDuration };
    case "step":
    case "range":
      return tree(duration.kind, undefined, undefined);
    case "negated":
      return tree("-", undefined, duration.operand);
    case "grouped":
      if (duration.operand.kind === "literal") return tree("+", undefined, duration.operand, true);
      return { ...durationTree(duration.operand), wrapped: true };
    default:
      return tree(duration.operator, duration.left, duration.right);
  }
}
