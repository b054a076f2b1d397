import type { Expr } from "./ast.ts";
import type { LabelMatcher } from "./label-matcher.ts";
import { parse } from "./parse.ts";
import type { SyntaxFeatures } from "./promql-features.ts";

/** The matchers of every selector in a query, in the order of the text. Throws `QUERY_BAD_DATA`. */
export function selectorsOf(query: string, features: SyntaxFeatures): readonly (readonly LabelMatcher[])[] {
  const found: (readonly LabelMatcher[])[] = [];
  const visit = (expr: Expr): void => {
    if (expr.kind === "vector") found.push(expr.matchers);
    for (const child of childrenOf(expr)) visit(child);
  };
  visit(parse(query, features));
  return found;
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "matrix":
      return [expr.selector];
    case "subquery":
    case "paren":
    case "unary":
      return [expr.expr];
    case "aggregate":
      return expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
    case "binary":
      return [expr.left, expr.right];
    case "call":
      return expr.args;
    default:
      return [];
  }
}
