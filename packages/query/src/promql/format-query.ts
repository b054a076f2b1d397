import type { Expr } from "./ast.ts";
import { parse } from "./parse.ts";
import { aggregateHeadText, binaryOperatorText, print, subqueryTailText } from "./print.ts";

/** What is longer than this is broken into lines. */
const LINE_LENGTH = 100;

/** Writes a query in Prometheus's form, long parts on lines of their own. Throws `QUERY_BAD_DATA`. */
export function formatQuery(query: string): string {
  return pretty(parse(query), 0);
}

function pretty(expr: Expr, level: number): string {
  const line = indent(level) + print(expr);
  if (line.length <= LINE_LENGTH) return line;
  switch (expr.kind) {
    case "paren":
      return `${indent(level)}(\n${pretty(expr.expr, level + 1)}\n${indent(level)})`;
    case "binary": {
      const operator = `${indent(level)}${binaryOperatorText(expr)}`;
      return `${pretty(expr.left, level + 1)}\n${operator}\n${pretty(expr.right, level + 1)}`;
    }
    case "call":
      return `${indent(level)}${expr.func}(\n${list(expr.args, level + 1)}\n${indent(level)})`;
    case "aggregate": {
      const args = expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
      return `${indent(level)}${aggregateHeadText(expr)}(\n${list(args, level + 1)}\n${indent(level)})`;
    }
    case "unary":
      return `${indent(level)}${expr.operator}${pretty(expr.expr, level).trimStart()}`;
    case "subquery":
      return `${pretty(expr.expr, level)}${subqueryTailText(expr)}`;
    default:
      return line;
  }
}

function list(args: readonly Expr[], level: number): string {
  return args.map((arg) => pretty(arg, level)).join(",\n");
}

function indent(level: number): string {
  return "  ".repeat(level);
}
