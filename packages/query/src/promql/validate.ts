import {
  type Binary,
  type Call,
  type Expr,
  type ValueType,
  type VectorSelector,
  isComparison,
  isSetOperator,
} from "./ast.ts";
import { SIGNATURES } from "./function-signatures.ts";
import { labelTest } from "./label-matcher.ts";
import { METRIC_NAME, quoted } from "./labels.ts";
import { parseError } from "./parse-error.ts";
import type { QueryError } from "./query-error.ts";

const TYPE_TEXT: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  vector: "instant vector",
  matrix: "range vector",
  string: "string",
};

/** The type of value that an expression gives. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "matrix":
    case "subquery":
      return "matrix";
    case "vector":
    case "aggregate":
      return "vector";
    case "paren":
    case "unary":
      return typeOf(expr.expr);
    case "binary":
      return typeOf(expr.left) === "scalar" && typeOf(expr.right) === "scalar" ? "scalar" : "vector";
    default:
      return SIGNATURES.get(expr.func)?.returns ?? "vector";
  }
}

/** Checks that every part of a query gets the types that it takes. Throws `QUERY_BAD_DATA` with the place. */
export function validate(expr: Expr, query: string): void {
  new Validator(query).check(expr);
}

class Validator {
  readonly #query: string;

  constructor(query: string) {
    this.#query = query;
  }

  check(expr: Expr): ValueType {
    switch (expr.kind) {
      case "aggregate":
        this.#expect(expr.expr, "vector", "aggregation expression");
        if (expr.parameter !== undefined) {
          const wanted = expr.operator === "count_values" ? "string" : "scalar";
          this.#expect(expr.parameter, wanted, "aggregation parameter");
        }
        break;
      case "binary":
        this.#binary(expr);
        break;
      case "call":
        this.#call(expr);
        break;
      case "paren":
        this.check(expr.expr);
        break;
      case "unary": {
        const type = this.check(expr.expr);
        if (type !== "scalar" && type !== "vector") {
          const allowed = "unary expression only allowed on expressions of type scalar or instant vector";
          throw this.#error(expr, `${allowed}, got ${quoted(TYPE_TEXT[type])}`);
        }
        break;
      }
      case "subquery": {
        const type = this.check(expr.expr);
        if (type !== "vector") {
          throw this.#error(expr, `subquery is only allowed on instant vector, got ${type} instead`);
        }
        break;
      }
      case "matrix":
        this.check(expr.selector);
        break;
      case "vector":
        this.#selector(expr);
        break;
      case "number":
      case "string":
        break;
    }
    return typeOf(expr);
  }

  #expect(expr: Expr, wanted: ValueType, where: string): void {
    const type = this.check(expr);
    if (type !== wanted)
      throw this.#error(expr, `expected type ${TYPE_TEXT[wanted]} in ${where}, got ${TYPE_TEXT[type]}`);
  }

  #binary(expr: Binary): void {
    const { operator, matching, returnBool } = expr;
    const left = this.check(expr.left);
    const right = this.check(expr.right);
    const sign = this.#operatorPosition(expr);
    if (returnBool && !isComparison(operator)) {
      throw parseError(this.#query, sign, "bool modifier can only be used on comparison operators");
    }
    if (isComparison(operator) && !returnBool && left === "scalar" && right === "scalar") {
      throw parseError(this.#query, sign, "comparisons between scalars must use BOOL modifier");
    }
    const twice = matching.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
    if (twice !== undefined) {
      throw parseError(this.#query, sign, `label ${quoted(twice)} must not occur in ON and GROUP clause at once`);
    }
    for (const [side, type] of [
      [expr.left, left],
      [expr.right, right],
    ] as const) {
      if (type === "scalar" || type === "vector") continue;
      throw this.#error(side, "binary expression must contain only scalar and instant vector types");
    }
    this.#matching(expr, left === "vector" && right === "vector");
  }

  #matching(expr: Binary, ofVectors: boolean): void {
    const { operator, matching } = expr;
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined;
    if (!ofVectors) {
      if (matching.labels.length > 0) throw this.#error(expr, "vector matching only allowed between instant vectors");
      if (fills) throw this.#error(expr, "filling in missing series only allowed between instant vectors");
      if (isSetOperator(operator)) {
        throw this.#error(expr, `set operator ${quoted(operator)} not allowed in binary scalar expression`);
      }
    } else if (isSetOperator(operator)) {
      if (matching.cardinality !== "many-to-many") {
        throw this.#error(expr, `no grouping allowed for ${quoted(operator)} operation`);
      }
      if (fills) throw this.#error(expr, "filling in missing series not allowed for set operators");
    }
  }

  /** Where the operator and its modifiers stand. */
  #operatorPosition({ left, right }: Binary): { start: number; end: number } {
    const between = this.#query.slice(left.position.end, right.position.start);
    return { start: left.position.end + (/\S/.exec(between)?.index ?? 0), end: right.position.start - 1 };
  }

  #call(expr: Call): void {
    const signature = SIGNATURES.get(expr.func);
    if (signature === undefined) throw this.#error(expr, `unknown function with name ${quoted(expr.func)}`);
    const { args, variadic } = signature;
    this.#argumentCount(expr, args.length, variadic);
    if (expr.func === "info") this.#info(expr);
    expr.args.forEach((arg, i) => {
      const wanted = args[Math.min(i, args.length - 1)];
      const isInfoSelector = expr.func === "info" && i === 1;
      if (wanted !== undefined && !isInfoSelector) this.#expect(arg, wanted, `call to function ${quoted(expr.func)}`);
    });
  }

  #argumentCount(expr: Call, count: number, variadic: number): void {
    const got = `argument(s) in call to ${quoted(expr.func)}, got ${expr.args.length}`;
    if (variadic === 0 && expr.args.length !== count) throw this.#error(expr, `expected ${count} ${got}`);
    if (variadic === 0) return;
    if (expr.args.length < count - 1) throw this.#error(expr, `expected at least ${count - 1} ${got}`);
    const most = count - 1 + variadic;
    if (variadic > 0 && expr.args.length > most) throw this.#error(expr, `expected at most ${most} ${got}`);
  }

  /** The second argument of `info` is no query of its own: it names labels and picks info metrics. */
  #info(expr: Call): void {
    const [, selector] = expr.args;
    if (selector === undefined) return;
    const type = typeOf(selector);
    if (type !== "vector")
      throw this.#error(expr, `expected type instant vector in call to function "info", got ${TYPE_TEXT[type]}`);
    if (selector.kind !== "vector") throw this.#error(selector, "expected label selectors only");
    if (selector.name !== "") throw this.#error(selector, "expected label selectors only, got vector selector instead");
  }

  #selector(expr: VectorSelector): void {
    if (expr.name !== "") {
      const other = expr.matchers.slice(0, -1).find(({ name }) => name === METRIC_NAME);
      if (other === undefined) return;
      const names = `${quoted(expr.name)} or ${quoted(other.value)}`;
      throw this.#error(expr, `metric name must not be set twice: ${names}`);
    }
    if (expr.matchers.every((matcher) => labelTest(matcher)(""))) {
      throw this.#error(expr, "vector selector must contain at least one non-empty matcher");
    }
  }

  #error(expr: Expr, problem: string): QueryError {
    return parseError(this.#query, expr.position, problem);
  }
}
