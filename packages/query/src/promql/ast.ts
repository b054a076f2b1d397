/** What a query is once it is parsed. Every node carries its place in the text and never changes. */
import type { LabelMatcher } from "./label-matcher.ts";

/** UTF-16 offsets into the query. */
export interface PositionRange {
  readonly start: number;
  readonly end: number;
}

export type ValueType = "scalar" | "vector" | "matrix" | "string";

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Unary
  | Binary
  | Call
  | Aggregate
  | Parenthesised;

interface NumberLiteral {
  readonly kind: "number";
  readonly value: number;
  /** Written as a duration (`5m`), whose value is its seconds. */
  readonly isDuration: boolean;
  readonly position: PositionRange;
}

interface StringLiteral {
  readonly kind: "string";
  readonly value: string;
  readonly position: PositionRange;
}

/** The `@` modifier: a time, or the query's first or last evaluation time. */
export type At = { readonly timeMs: number } | "start" | "end";

export interface VectorSelector {
  readonly kind: "vector";
  /** The name before the braces; `""` where there is none. */
  readonly name: string;
  /** All matchers, with the one for `name` last. */
  readonly matchers: readonly LabelMatcher[];
  readonly offset: Duration | undefined;
  readonly at: At | undefined;
  readonly extension: "anchored" | "smoothed" | undefined;
  readonly position: PositionRange;
}

/** A selector with a range; offset, `@` and extension are the selector's. */
export interface MatrixSelector {
  readonly kind: "matrix";
  readonly selector: VectorSelector;
  readonly range: Duration;
  readonly position: PositionRange;
}

export interface Subquery {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly range: Duration;
  /** Absent: the engine's default interval. */
  readonly step: Duration | undefined;
  readonly offset: Duration | undefined;
  readonly at: At | undefined;
  readonly position: PositionRange;
}

interface Unary {
  readonly kind: "unary";
  readonly operator: "+" | "-";
  readonly expr: Expr;
  readonly position: PositionRange;
}

type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
type ComparisonOperator = "==" | "!=" | "<=" | "<" | ">=" | ">";
export type SetOperator = "and" | "or" | "unless";
type TrimOperator = "</" | ">/";
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | SetOperator | TrimOperator;

export interface VectorMatching {
  readonly cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  /** The labels of `on` or `ignoring`. */
  readonly labels: readonly string[];
  readonly on: boolean;
  /** The labels that `group_left` or `group_right` takes from the "one" side. */
  readonly include: readonly string[];
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnBool: boolean;
  readonly matching: VectorMatching;
  readonly position: PositionRange;
}

export interface Call {
  readonly kind: "call";
  readonly func: string;
  readonly args: readonly Expr[];
  readonly position: PositionRange;
}

export interface Aggregate {
  readonly kind: "aggregate";
  readonly operator: string;
  readonly expr: Expr;
  readonly parameter: Expr | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly position: PositionRange;
}

interface Parenthesised {
  readonly kind: "paren";
  readonly expr: Expr;
  readonly position: PositionRange;
}

/** A duration as it may stand in brackets and after `offset`: a literal or a small calculation in seconds. */
export type Duration =
  | {
      readonly kind: "literal";
      readonly seconds: number;
      readonly isDuration: boolean;
      readonly position: PositionRange;
    }
  | { readonly kind: "step" | "range"; readonly position: PositionRange }
  | { readonly kind: "negated" | "grouped"; readonly operand: Duration; readonly position: PositionRange }
  | {
      readonly kind: "calculated";
      readonly operator: "+" | "-" | "*" | "/" | "%" | "^" | "min_of" | "max_of";
      readonly left: Duration;
      readonly right: Duration;
      readonly position: PositionRange;
    };

export function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return ["==", "!=", "<=", "<", ">=", ">"].includes(operator);
}

export function isSetOperator(operator: BinaryOperator): operator is SetOperator {
  return operator === "and" || operator === "or" || operator === "unless";
}

/** The expression inside any number of parentheses. */
export function unwrapped(expr: Expr): Expr {
  return expr.kind === "paren" ? unwrapped(expr.expr) : expr;
}
