import type { Expr } from "./ast.ts";
import { parse } from "./parse.ts";
import { aggregateHeadText, binaryOperatorText, print, subqueryTailText } from "./print.ts";
import type { SyntaxFeatures } from "./promql-features.ts";

/** What is longer than this is broken into lines. */
const LINE_LENGTH = 100;

/** Writes a query in Prometheus's form, long parts on lines of their own. Throws `QUERY_BAD_DATA`. */
export function formatQuery(query: string, features: SyntaxFeatures, lineLength: number = LINE_LENGTH): string {
  return pretty(parse(query, features), 0, lineLength);
}

/** Writes a query in Prometheus's form on one line, as its API shows the queries of rules. Throws `QUERY_BAD_DATA`. */
export function canonicalQuery(query: string, features: SyntaxFeatures): string {
  return print(parse(query, features));
}

function pretty(expr: Expr, level: number, lineLength: number): string {
  const text = print(expr);
  const line = indent(level) + text;
  if (text.length <= lineLength) return line;
  switch (expr.kind) {
    case "paren":
      return `${indent(level)}(\n${pretty(expr.expr, level + 1, lineLength)}\n${indent(level)})`;
    case "binary": {
      const operator = `${indent(level)}${binaryOperatorText(expr)}`;
      return `${pretty(expr.left, level + 1, lineLength)}\n${operator}\n${pretty(expr.right, level + 1, lineLength)}`;
    }
    case "call":
      return `${indent(level)}${expr.func}(\n${list(expr.args, level + 1, lineLength)}\n${indent(level)})`;
    case "aggregate": {
      const args = expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
      return `${indent(level)}${aggregateHeadText(expr)}(\n${list(args, level + 1, lineLength)}\n${indent(level)})`;
    }
    case "unary":
      return `${indent(level)}${expr.operator}${pretty(expr.expr, level, lineLength).trimStart()}`;
    case "subquery":
      return `${pretty(expr.expr, level, lineLength)}${subqueryTailText(expr)}`;
    default:
      return line;
  }
}

function list(args: readonly Expr[], level: number, lineLength: number): string {
  return args.map((arg) => pretty(arg, level, lineLength)).join(",\n");
}

function indent(level: number): string {
  return "  ".repeat(level);
}
