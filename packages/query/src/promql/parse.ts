import {
  type At,
  type Binary,
  type BinaryOperator,
  type Duration,
  type Expr,
  type PositionRange,
  type VectorMatching,
  type VectorSelector,
  isSetOperator,
} from "./ast.ts";
import { SelectorParser } from "./parse-selector.ts";
import { parsePrometheusDuration } from "./prometheus-duration.ts";
import { SIGNATURES } from "./function-signatures.ts";
import { goFloatText, parseGoNumber } from "./go-number.ts";
import { unquoted } from "./go-string.ts";
import type { LabelMatcher } from "./label-matcher.ts";
import { quoted } from "./labels.ts";
import { lex } from "./lex.ts";
import { parseError } from "./parse-error.ts";
import { STABLE_FEATURES, type SyntaxFeatures } from "./promql-features.ts";
import type { QueryError } from "./query-error.ts";
import {
  AGGREGATORS,
  AGGREGATORS_WITH_PARAMETER,
  EXPERIMENTAL_AGGREGATORS,
  mayNameMetric,
  PREPROCESSORS,
  type Token,
} from "./tokens.ts";
import { validate } from "./validate.ts";

/** A query has at most this many binary operators: each may lie within the one before. */
export const MAX_OPERATORS = 1_000;

/** The precedence of binary operators: a higher number binds more tightly. Only `^` groups from the right. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  ["or", "and unless", "== >= > < <= != </ >/", "+ -", "* / % atan2", "^"].flatMap((operators, level) =>
    operators.split(" ").map((operator) => [operator, level + 1] as const),
  ),
);
const UNARY_PRECEDENCE = 5;
const ANY_DURATION = "number, duration, step(), or range()";
const FILL_SIDES = ["fill_left", "fill_right"] as const;
export const BINARY_OPERATORS: readonly string[] = [...PRECEDENCE.keys()];

/** Reads a query and checks its types. Throws `QUERY_BAD_DATA` with Prometheus's text and the place, also for what is not switched on. */
export function parse(query: string, features: SyntaxFeatures): Expr {
  const expr = new Parser(query, features).parseQuery();
  validate(expr, query);
  return expr;
}

/**
 * Reads one instant selector (`up{job="api"}`) and gives its matchers, which may all accept empty values.
 * Throws `QUERY_BAD_DATA` for anything else.
 */
export function parseSelector(query: string): readonly LabelMatcher[] {
  return new Parser(query, STABLE_FEATURES).parseSelector().matchers;
}

class Parser extends SelectorParser {
  readonly #features: SyntaxFeatures;
  #operators = 0;

  constructor(query: string, features: SyntaxFeatures) {
    super(query, lex(query));
    this.#features = features;
  }

  parseQuery(): Expr {
    if (this.peek.kind === "eof") throw parseError(this.query, { start: 0, end: 0 }, "no expression found in input");
    const expr = this.#expression(0);
    if (this.peek.kind !== "eof") throw this.unexpected();
    return expr;
  }

  parseSelector(): VectorSelector {
    if (this.peek.kind !== "{" && !mayNameMetric(this.peek)) throw this.unexpected();
    const selector = this.selector();
    if (this.peek.kind !== "eof") throw this.unexpected();
    return selector;
  }

  #expression(minimum: number): Expr {
    this.enter();
    let left = this.#withModifiers(this.#prefix());
    for (;;) {
      const precedence = PRECEDENCE.get(this.peek.kind);
      if (precedence === undefined || precedence < minimum) break;
      left = this.#binary(left, precedence);
    }
    this.leave();
    return left;
  }

  #binary(left: Expr, precedence: number): Binary {
    if (++this.#operators > MAX_OPERATORS) throw parseError(this.query, this.peek, "expression has too many operators");
    const operator = this.next().kind as BinaryOperator;
    const returnBool = this.accept("bool") !== undefined;
    const matching = this.#matching(operator);
    const right = this.#expression(operator === "^" ? precedence : precedence + 1);
    const position = { start: left.position.start, end: right.position.end };
    const isFilling = matching.fillLeft !== undefined || matching.fillRight !== undefined;
    if (isFilling && !this.#features.binopFillModifiers) {
      // Prometheus reads one token further before it sees to the operator.
      if (this.peek.kind === "error") throw this.unexpected();
      throw parseError(this.query, position, "binop fill modifiers are experimental and not enabled");
    }
    return { kind: "binary", operator, left, right, returnBool, matching, position };
  }

  #matching(operator: BinaryOperator): VectorMatching {
    const how = this.accept("on", "ignoring");
    const labels = how === undefined ? [] : this.groupingLabels();
    const group = how === undefined ? undefined : this.accept("group_left", "group_right");
    const include = group !== undefined && this.peek.kind === "(" ? this.groupingLabels() : [];
    const ungrouped = isSetOperator(operator) ? "many-to-many" : "one-to-one";
    const cardinality = group === undefined ? ungrouped : group.kind === "group_left" ? "many-to-one" : "one-to-many";
    return { cardinality, labels, on: how?.kind === "on", include, ...this.#fills() };
  }

  #fills(): { fillLeft: number | undefined; fillRight: number | undefined } {
    if (this.peekAfter.kind === "(" && this.accept("fill") !== undefined) {
      const value = this.#fillValue();
      return { fillLeft: value, fillRight: value };
    }
    const fills: { fillLeft: number | undefined; fillRight: number | undefined } = {
      fillLeft: undefined,
      fillRight: undefined,
    };
    for (;;) {
      // Without parentheses the word is a metric's name.
      const wanted = FILL_SIDES.filter((word) => fills[word === "fill_left" ? "fillLeft" : "fillRight"] === undefined);
      const side = this.peekAfter.kind === "(" ? this.accept(...wanted) : undefined;
      if (side === undefined) return fills;
      const name = side.kind === "fill_left" ? "fillLeft" : "fillRight";
      fills[name] = this.#fillValue();
    }
  }

  #fillValue(): number {
    this.expect("(");
    const sign = this.accept("+", "-")?.kind === "-" ? -1 : 1;
    const { kind, text } = this.accept("number", "duration") ?? this.failUnexpected();
    this.expect(")");
    return sign * (kind === "number" ? parseGoNumber(text) : parsePrometheusDuration(text) / 1000);
  }

  #prefix(): Expr {
    const token = this.peek;
    if (token.kind === "+" || token.kind === "-") return this.#unary();
    if (token.kind === "(") return this.#parenthesised();
    if (token.kind === "number" || token.kind === "duration") return this.#number();
    if (token.kind === "string") {
      this.next();
      return { kind: "string", value: unquoted(token.text), position: placeOf(token) };
    }
    if (AGGREGATORS.has(token.kind) && ["(", "by", "without"].includes(this.peekAfter.kind)) return this.#aggregate();
    if (this.peekAfter.kind === "(" && (token.kind === "identifier" || PREPROCESSORS.has(token.kind)))
      return this.#call();
    if (token.kind === "{" || mayNameMetric(token)) return this.selector();
    throw this.unexpected();
  }

  #unary(): Expr {
    const sign = this.next();
    const operand = this.#expression(UNARY_PRECEDENCE + 1);
    const position = { start: sign.start, end: operand.position.end };
    if (operand.kind === "number") {
      return { ...operand, value: sign.kind === "-" ? -operand.value : operand.value, position };
    }
    return { kind: "unary", operator: sign.kind === "-" ? "-" : "+", expr: operand, position };
  }

  #parenthesised(): Expr {
    const open = this.expect("(");
    const expr = this.#expression(0);
    const close = this.expect(")");
    return { kind: "paren", expr, position: { start: open.start, end: close.end } };
  }

  #number(): Expr {
    const token = this.next();
    const isDuration = token.kind === "duration";
    return { kind: "number", value: this.numberOf(token), isDuration, position: placeOf(token) };
  }

  #call(): Expr {
    const name = this.next();
    const func = name.text;
    const { args, end } = this.#arguments();
    const signature = SIGNATURES.get(func);
    if (signature === undefined) throw parseError(this.query, name, `unknown function with name ${quoted(name.text)}`);
    if (signature.isExperimental && !this.#features.experimentalFunctions)
      throw parseError(this.query, name, `function ${quoted(name.text)} is not enabled`);
    return { kind: "call", func, args, position: { start: name.start, end } };
  }

  #arguments(): { args: readonly Expr[]; end: number } {
    this.expect("(");
    const args: Expr[] = [];
    if (this.peek.kind === ")") return { args, end: this.next().end };
    args.push(this.#expression(0));
    for (;;) {
      const comma = this.accept(",");
      if (comma === undefined) return { args, end: this.expect(")").end };
      if (this.peek.kind === ")") {
        throw parseError(this.query, comma, "trailing commas not allowed in function call args");
      }
      args.push(this.#expression(0));
    }
  }

  #aggregate(): Expr {
    const name = this.next();
    let modifier = this.#aggregateModifier();
    const { args, end } = this.within("aggregation", "", () => this.#arguments());
    const position = { start: name.start, end };
    const wanted = AGGREGATORS_WITH_PARAMETER.has(name.kind) ? 2 : 1;
    if (args.length === 0) throw parseError(this.query, position, "no arguments for aggregate expression provided");
    modifier ??= this.#aggregateModifier();
    if (EXPERIMENTAL_AGGREGATORS.has(name.kind) && !this.#features.experimentalFunctions) {
      const remedy = "is experimental and must be enabled with --enable-feature=promql-experimental-functions";
      throw parseError(this.query, position, `${name.kind}() ${remedy}`);
    }
    const expr = args[wanted - 1];
    if (args.length !== wanted || expr === undefined) {
      const counts = `expected ${wanted}, got ${args.length}`;
      throw parseError(this.query, position, `wrong number of arguments for aggregate expression provided, ${counts}`);
    }
    const parameter = wanted === 2 ? args[0] : undefined;
    const { grouping, without } = modifier ?? { grouping: [], without: false };
    const whole = { start: name.start, end: this.previousEnd };
    return { kind: "aggregate", operator: name.kind, expr, parameter, grouping, without, position: whole };
  }

  #aggregateModifier(): { grouping: readonly string[]; without: boolean } | undefined {
    const word = this.accept("by", "without");
    return word && { grouping: this.groupingLabels(), without: word.kind === "without" };
  }

  /** Ranges, offsets, `@`, `anchored` and `smoothed`, which may follow any expression but fit only some. */
  #withModifiers(expr: Expr): Expr {
    for (let modified = expr; ;) {
      const token = this.peek;
      if (token.kind === "[") modified = this.#range(modified);
      else if (token.kind === "offset") modified = this.#offset(modified);
      else if (token.kind === "@") modified = this.#at(modified);
      else if (token.kind === "anchored" || token.kind === "smoothed") modified = this.#extension(modified);
      else return modified;
    }
  }

  #range(expr: Expr): Expr {
    const open = this.expect("[");
    if (!this.startsDuration()) {
      throw this.unexpected("subquery or range selector", ANY_DURATION);
    }
    const range = this.within("subquery or range selector", ANY_DURATION, () => this.positiveDuration());
    if (this.accept(":") !== undefined) return this.#subquery(expr, range);
    if (this.peek.kind !== "]") throw this.unexpected("subquery or range", '":" or "]"');
    const brackets = { start: open.start, end: this.next().end };
    if (expr.kind !== "vector") throw parseError(this.query, brackets, "ranges only allowed for vector selectors");
    if (expr.offset !== undefined) throw parseError(this.query, brackets, "no offset modifiers allowed before range");
    if (expr.at !== undefined) throw parseError(this.query, brackets, "no @ modifiers allowed before range");
    return { kind: "matrix", selector: expr, range, position: { start: expr.position.start, end: brackets.end } };
  }

  #subquery(expr: Expr, range: Duration): Expr {
    const hasStep = this.startsDuration();
    const where = ["subquery selector", 'number, duration, step(), range(), or "]"'] as const;
    if (!hasStep && this.peek.kind !== "]") throw this.unexpected(...where);
    const step = hasStep ? this.within(...where, () => this.positiveDuration()) : undefined;
    if (this.peek.kind !== "]") throw this.unexpected("subquery selector", '"]"');
    const position = { start: expr.position.start, end: this.next().end };
    return { kind: "subquery", expr, range, step, offset: undefined, at: undefined, position };
  }

  #offset(expr: Expr): Expr {
    this.expect("offset");
    if (!this.startsDuration()) throw this.unexpected("offset", ANY_DURATION);
    const offset = this.within("offset", ANY_DURATION, () => this.offsetDuration());
    const end = this.previousEnd;
    const target = expr.kind === "matrix" ? expr.selector : expr;
    if (target.kind !== "vector" && target.kind !== "subquery") throw this.#misplaced(expr, "offset");
    if (target.offset !== undefined)
      throw parseError(this.query, expr.position, "offset may not be set multiple times");
    const position = { start: expr.position.start, end };
    if (expr.kind === "matrix") return { ...expr, selector: { ...expr.selector, offset }, position };
    return { ...target, offset, position };
  }

  #at(expr: Expr): Expr {
    this.expect("@");
    const at = this.within("@", "timestamp", () => this.#atTime(expr));
    const end = this.previousEnd;
    const target = expr.kind === "matrix" ? expr.selector : expr;
    if (target.kind !== "vector" && target.kind !== "subquery") throw this.#misplaced(expr, "@");
    if (target.at !== undefined) {
      throw parseError(this.query, expr.position, "@ <timestamp> may not be set multiple times");
    }
    const position = { start: expr.position.start, end };
    if (expr.kind === "matrix") return { ...expr, selector: { ...expr.selector, at }, position };
    return { ...target, at, position };
  }

  #atTime(expr: Expr): At {
    const word = this.accept("start", "end");
    if (word !== undefined) {
      this.expect("(");
      this.expect(")");
      return word.kind === "start" ? "start" : "end";
    }
    const sign = this.accept("+", "-")?.kind === "-" ? -1 : 1;
    const number = this.accept("number", "duration");
    if (number === undefined) throw this.unexpected();
    const seconds = sign * this.numberOf(number);
    if (!(Math.abs(seconds) < 2 ** 63)) {
      const text = Number.isFinite(seconds) ? `${BigInt(seconds)}.000000` : goFloatText(seconds);
      throw parseError(this.query, expr.position, `timestamp out of bounds for @ modifier: ${text}`);
    }
    return { timeMs: Math.round(seconds * 1000) };
  }

  #extension(expr: Expr): Expr {
    const word = this.next();
    const extension = word.kind === "anchored" ? "anchored" : "smoothed";
    if (!this.#features.extendedRangeSelectors)
      throw parseError(this.query, expr.position, `${extension} modifier is experimental and not enabled`);
    const target = expr.kind === "matrix" ? expr.selector : expr;
    if (target.kind === "subquery") {
      throw parseError(this.query, expr.position, `${extension} modifier is not supported for subqueries`);
    }
    if (target.kind !== "vector") throw parseError(this.query, expr.position, `${extension} modifier not implemented`);
    if (target.extension !== undefined && target.extension !== extension) {
      throw parseError(this.query, expr.position, "anchored and smoothed modifiers cannot be used together");
    }
    if (expr.kind === "matrix") return { ...expr, selector: { ...expr.selector, extension } };
    return { ...target, extension };
  }

  #misplaced(expr: Expr, modifier: string): QueryError {
    const allowed = "an instant vector selector or range vector selector or a subquery";
    return parseError(this.query, expr.position, `${modifier} modifier must be preceded by ${allowed}`);
  }
}

function placeOf({ start, end }: Token): PositionRange {
  return { start, end };
}
