/**
 * The language of `if`, `expr` and `EXPR(…)`: a subset of expr-lang. An expression is read once into
 * closures, which are called for each entry. It reads what it is given and nothing else; it cannot loop
 * over anything but the lists in it.
 */
import { goRegExp } from "@clew/base";
import { exprError } from "./expr-error.ts";
import { callFunction, isFunction } from "./functions.ts";
import { tokensOf, type Token } from "./lexer.ts";
import { arithmetic, compare, contains, equal, truth } from "./operations.ts";
import { isMap, ownValue, typeName, type ExprValue } from "./value.ts";

export interface Scope {
  /** The value of a variable; undefined where there is none. */
  variable(name: string): ExprValue;
}

/** What an expression gives. Throws `EXPRESSION_INVALID` where operands do not fit. */
export type Expression = (scope: Scope) => ExprValue;

/** How deep expressions may nest. */
const MAX_DEPTH = 100;

// From weakest to strongest; ternary and ?? are weaker than all.
const BINARY: readonly (readonly string[])[] = [
  ["or", "||"],
  ["and", "&&"],
  ["==", "!=", "<", "<=", ">", ">=", "matches", "contains", "startsWith", "endsWith", "in", "not"],
  [".."],
  ["+", "-"],
  ["*", "/", "%"],
  ["**", "^"],
];

/** Reads an expression whose variables are `variables`. Throws `EXPRESSION_INVALID`. */
export function compileExpression(source: string, variables: readonly string[]): Expression {
  const parser = new Parser(source, new Set(variables));
  return parser.whole();
}

class Parser {
  readonly #source: string;
  readonly #variables: ReadonlySet<string>;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** How many closures over lists are open: `#` is known inside. */
  #closures = 0;

  constructor(source: string, variables: ReadonlySet<string>) {
    this.#source = source;
    this.#variables = variables;
    this.#tokens = tokensOf(source);
  }

  whole(): Expression {
    const expression = this.#expression();
    if (this.#next.kind !== "end") throw this.#unexpected();
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH) throw this.#fault(`expression nests deeper than ${MAX_DEPTH}`);
    let left = this.#binary(0);
    while (this.#take("??")) {
      const [value, fallback] = [left, this.#binary(0)];
      left = (scope) => value(scope) ?? fallback(scope);
    }
    if (this.#take("?")) {
      const condition = left;
      const then = this.#expression();
      this.#expect(":");
      const otherwise = this.#expression();
      left = (scope) => (truth(condition(scope)) ? then(scope) : otherwise(scope));
    }
    this.#depth--;
    return left;
  }

  #binary(level: number): Expression {
    const operators = BINARY[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { text, kind } = this.#next;
      if (kind === "string" || !operators.includes(text)) return left;
      this.#at++;
      if (text === "not") {
        const operator = this.#next.text;
        this.#at++;
        const inner = this.#joined(operator, left, level);
        left = (scope) => !truth(inner(scope));
      } else left = this.#joined(text, left, level);
    }
  }

  #joined(operator: string, left: Expression, level: number): Expression {
    // Powers bind to the right.
    const right = operator === "**" || operator === "^" ? this.#binary(level) : this.#binary(level + 1);
    switch (operator) {
      case "or":
      case "||":
        return (scope) => truth(left(scope)) || truth(right(scope));
      case "and":
      case "&&":
        return (scope) => truth(left(scope)) && truth(right(scope));
      case "==":
        return (scope) => equal(left(scope), right(scope));
      case "!=":
        return (scope) => !equal(left(scope), right(scope));
      case "<":
      case "<=":
      case ">":
      case ">=":
        return (scope) => compare(operator, left(scope), right(scope));
      case "in":
        return (scope) => contains(right(scope), left(scope));
      case "matches":
        return this.#matches(left, right);
      case "contains":
      case "startsWith":
      case "endsWith":
        return textTest(operator, left, right);
      case "..":
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "**":
      case "^":
        return (scope) => arithmetic(operator, left(scope), right(scope));
      default:
        throw this.#unexpected();
    }
  }

  /** A pattern that is written out is read once. */
  #matches(left: Expression, right: Expression): Expression {
    const token = this.#tokens[this.#at - 1]!;
    const fixed = token.kind === "string" ? goRegExp(String(token.value)) : undefined;
    return (scope) => {
      const text = left(scope);
      if (text === null || text === undefined) return false;
      if (typeof text !== "string") throw new TypeError(`cannot use ${typeName(text)} as a string in matches`);
      const pattern = fixed ?? right(scope);
      if (pattern instanceof RegExp) return pattern.test(text);
      if (typeof pattern !== "string") throw new TypeError(`cannot use ${typeName(pattern)} as a pattern in matches`);
      return goRegExp(pattern).test(text);
    };
  }

  #unary(): Expression {
    if (this.#take("not") || this.#take("!")) {
      // `not` is weaker than comparisons are: `not a == b` is `not (a == b)`.
      const isWord = this.#tokens[this.#at - 1]!.text === "not";
      const inner = isWord ? this.#binary(2) : this.#unary();
      return (scope) => !truth(inner(scope));
    }
    if (this.#take("-")) {
      const inner = this.#unary();
      return (scope) => arithmetic("-", 0n, inner(scope));
    }
    this.#take("+");
    return this.#postfix(this.#primary());
  }

  #postfix(start: Expression): Expression {
    let value = start;
    for (;;) {
      const target = value;
      if (this.#take(".") || this.#take("?.")) {
        if (this.#take("[")) {
          value = this.#index(target);
          continue;
        }
        const { text, kind } = this.#next;
        if (kind !== "name") throw this.#unexpected();
        this.#at++;
        value = (scope) => member(target(scope), text);
      } else if (this.#take("[")) value = this.#index(target);
      else if (this.#take("|")) value = this.#pipe(target);
      else return value;
    }
  }

  #index(target: Expression): Expression {
    if (this.#take(":")) return this.#slice(target, undefined);
    const index = this.#expression();
    if (this.#take(":")) return this.#slice(target, index);
    this.#expect("]");
    return (scope) => member(target(scope), index(scope));
  }

  #slice(target: Expression, from: Expression | undefined): Expression {
    const to = this.#next.text === "]" ? undefined : this.#expression();
    this.#expect("]");
    return (scope) => {
      const value = target(scope);
      const [start, end] = [from?.(scope), to?.(scope)].map((one) => (one === undefined ? undefined : Number(one)));
      return typeof value === "string" || Array.isArray(value) ? value.slice(start, end) : undefined;
    };
  }

  /** `value | name(more)` is `name(value, more)`. */
  #pipe(first: Expression): Expression {
    const { text } = this.#next;
    this.#at++;
    this.#expect("(");
    return this.#call(text, [first]);
  }

  #primary(): Expression {
    const token = this.#next;
    this.#at++;
    const { value } = token;
    if (token.kind === "number" || token.kind === "string") return () => value;
    if (token.kind === "name") return this.#name(token);
    switch (token.text) {
      case "(": {
        const inner = this.#expression();
        this.#expect(")");
        return inner;
      }
      case "[": {
        const items = this.#list("]");
        return (scope) => items.map((item) => item(scope));
      }
      case "{":
        return this.#map();
      case "#":
        if (this.#closures === 0) throw this.#unexpected(token);
        return (scope) => scope.variable("#");
      case ".": {
        // Inside a closure `.name` is `#.name`.
        const { text, kind } = this.#next;
        if (this.#closures === 0 || kind !== "name") throw this.#unexpected(token);
        this.#at++;
        return (scope) => member(scope.variable("#"), text);
      }
      default:
        throw this.#unexpected(token);
    }
  }

  #name(token: Token): Expression {
    switch (token.text) {
      case "true":
        return () => true;
      case "false":
        return () => false;
      case "nil":
        return () => null;
      default:
    }
    if (this.#take("(")) return this.#call(token.text, []);
    if (!this.#variables.has(token.text)) throw exprError(this.#source, token.position, `unknown name ${token.text}`);
    const { text } = token;
    return (scope) => scope.variable(text);
  }

  #call(name: string, first: readonly Expression[]): Expression {
    if (!isFunction(name)) throw this.#fault(`unknown name ${name}`);
    const given = [...first];
    while (!this.#take(")")) {
      given.push(this.#argument());
      if (!this.#take(",") && this.#next.text !== ")") throw this.#unexpected();
    }
    return (scope) => callFunction(name, given, scope);
  }

  /** `{ # > 1 }`, or just `# > 1`, is a closure over the items of a list. */
  #argument(): Expression {
    this.#closures++;
    const isBraced = this.#take("{");
    const inner = this.#expression();
    if (isBraced) this.#expect("}");
    this.#closures--;
    return inner;
  }

  #list(end: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#take(end)) {
      items.push(this.#expression());
      if (!this.#take(",") && this.#next.text !== end) throw this.#unexpected();
    }
    return items;
  }

  #map(): Expression {
    const entries: (readonly [string, Expression])[] = [];
    while (!this.#take("}")) {
      const key = this.#next;
      if (key.kind !== "name" && key.kind !== "string") throw this.#unexpected();
      this.#at++;
      this.#expect(":");
      entries.push([String(key.value ?? key.text), this.#expression()]);
      if (!this.#take(",") && this.#next.text !== "}") throw this.#unexpected();
    }
    return (scope) => Object.fromEntries(entries.map(([key, value]) => [key, value(scope)]));
  }

  #take(text: string): boolean {
    const next = this.#next;
    if (next.text !== text || next.kind === "string" || next.kind === "end") return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected();
  }

  #unexpected(token: Token = this.#next): Error {
    return this.#fault(token.kind === "end" ? "unexpected end" : `unexpected token ${token.text}`, token);
  }

  #fault(what: string, token: Token = this.#next): Error {
    return exprError(this.#source, token.position, what);
  }
}

function member(value: ExprValue, key: ExprValue): ExprValue {
  if (isMap(value)) return typeof key === "string" ? ownValue(value, key) : undefined;
  if (Array.isArray(value)) return (value as readonly ExprValue[]).at(Number(key));
  if (typeof value === "string" && typeof key === "bigint") return value.at(Number(key));
  if (value === null || value === undefined) return undefined;
  throw new TypeError(`cannot fetch ${typeof key === "string" ? key : typeName(key)} from ${typeName(value)}`);
}

function textTest(operator: "contains" | "startsWith" | "endsWith", left: Expression, right: Expression): Expression {
  return (scope) => {
    const [text, part] = [left(scope), right(scope)];
    if (text === null || text === undefined) return false;
    if (typeof text !== "string" || typeof part !== "string") {
      throw new TypeError(`invalid operation: ${operator} (mismatched types ${typeName(text)} and ${typeName(part)})`);
    }
    if (operator === "contains") return text.includes(part);
    return operator === "startsWith" ? text.startsWith(part) : text.endsWith(part);
  };
}
