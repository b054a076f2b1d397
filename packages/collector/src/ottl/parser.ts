/**
 * Reads a text: one token ahead suffices but for a parenthesis, which may open a lambda, a
 * calculation or a condition. A condition is tried as a comparison first, and as something in
 * parentheses if that fails.
 */
import type {
  Argument,
  BooleanNode,
  Call,
  CompareOperator,
  KeyNode,
  LambdaBody,
  MathOperator,
  Parameter,
  PathNode,
  Segment,
  Statement,
  ValueNode,
} from "./ast.ts";
import type { Token } from "./lexer.ts";
import { OttlSyntaxError } from "./ottl-error.ts";
import { unquote } from "./quoted.ts";
import { isParameter, TokenReader } from "./token-reader.ts";

/** How deep parentheses, calls, lists and maps may stand in each other. */
const MAX_NESTING = 64;
const MAX_INT = 2n ** 63n - 1n;

export function parseStatement(text: string): Statement {
  return new Parser(text).whole((parser) => parser.statement());
}

export function parseCondition(text: string): BooleanNode {
  return new Parser(text).whole((parser) => parser.condition());
}

export function parseValue(text: string): ValueNode {
  return new Parser(text).whole((parser) => parser.value());
}

class Parser {
  readonly #tokens: TokenReader;
  #depth = 0;
  // token --> the value that starts there, or why none does, so that what is read again costs nothing
  readonly #values = new Map<number, { readonly node: ValueNode; readonly end: number } | OttlSyntaxError>();

  constructor(text: string) {
    this.#tokens = new TokenReader(text);
  }

  whole<T>(read: (parser: this) => T): T {
    const node = read(this);
    if (this.#tokens.current.kind !== "end") throw this.#tokens.unexpected();
    return node;
  }

  statement(): Statement {
    if (this.#tokens.current.kind === "upper") {
      const { name, offset } = this.#call();
      throw new OttlSyntaxError(offset, `editor names must start with a lowercase letter but got '${name}'`);
    }
    if (this.#tokens.current.kind !== "lower") throw this.#tokens.unexpected("an editor");
    const editor = this.#call();
    if (editor.keys.length > 0) {
      const what = `only paths and converters may be indexed, not editors, but got ${editor.name}`;
      throw new OttlSyntaxError(editor.keys[0]!.offset, what);
    }
    if (!this.#tokens.is("lower", "where")) return { editor, where: undefined };
    this.#tokens.at++;
    return { editor, where: this.condition() };
  }

  condition(): BooleanNode {
    return this.#nested(() => this.#chain("or", () => this.#chain("and", () => this.#booleanValue())));
  }

  value(): ValueNode {
    const known = this.#values.get(this.#tokens.at);
    if (known instanceof OttlSyntaxError) throw known;
    if (known !== undefined) {
      this.#tokens.at = known.end;
      return known.node;
    }
    const start = this.#tokens.at;
    try {
      const node = this.#nested(() => (this.#tokens.isLambda() ? this.#lambda() : this.#sum()));
      this.#values.set(start, { node, end: this.#tokens.at });
      return node;
    } catch (error) {
      if (error instanceof OttlSyntaxError) this.#values.set(start, error);
      throw error;
    }
  }

  #chain(is: "or" | "and", read: () => BooleanNode): BooleanNode {
    const first = read();
    if (this.#tokens.current.kind !== is) return first;
    const operands = [first];
    while (this.#tokens.take(is) !== undefined) operands.push(read());
    return { is, operands };
  }

  #booleanValue(): BooleanNode {
    if (this.#tokens.take("not") !== undefined) return { is: "not", operand: this.#positiveValue() };
    return this.#positiveValue();
  }

  #positiveValue(): BooleanNode {
    const start = this.#tokens.at;
    const isParenthesis = this.#tokens.is("punctuation", "(");
    let fault: OttlSyntaxError;
    try {
      return this.#comparison();
    } catch (error) {
      if (!(error instanceof OttlSyntaxError) || !isParenthesis || !error.isGrammar) throw error;
      fault = error;
    }
    this.#tokens.at = start + 1;
    try {
      const inner = this.condition();
      this.#tokens.expect(")");
      return inner;
    } catch (error) {
      // Whichever reading came farther says more.
      throw error instanceof OttlSyntaxError && error.offset < fault.offset ? fault : error;
    }
  }

  #comparison(): BooleanNode {
    const left = this.value();
    const operator = this.#tokens.take("compare");
    if (operator !== undefined) {
      return { is: "compare", left, operator: operator.text as CompareOperator, right: this.value() };
    }
    if (left.is === "boolean") return { is: "boolean", value: left.value };
    if (left.is === "converter") return { is: "converter", call: left.call };
    throw this.#tokens.unexpected("a comparison");
  }

  #sum(): ValueNode {
    let left = this.#product();
    for (let sign = this.#tokens.take("sign"); sign !== undefined; sign = this.#tokens.take("sign")) {
      left = { is: "math", offset: left.offset, left, operator: sign.text as MathOperator, right: this.#product() };
    }
    return left;
  }

  #product(): ValueNode {
    let left = this.#signed();
    for (let sign = this.#tokens.take("factor"); sign !== undefined; sign = this.#tokens.take("factor")) {
      left = { is: "math", offset: left.offset, left, operator: sign.text as MathOperator, right: this.#signed() };
    }
    return left;
  }

  #signed(): ValueNode {
    const sign = this.#tokens.take("sign");
    if (sign === undefined) return this.#operand();
    return { is: "sign", offset: sign.offset, operator: sign.text as "+" | "-", operand: this.#operand() };
  }

  #operand(): ValueNode {
    const { kind, text, offset } = this.#tokens.current;
    switch (kind) {
      case "nil":
        return this.#leaf({ is: "nil", offset });
      case "boolean":
        return this.#leaf({ is: "boolean", offset, value: text === "true" });
      case "string":
        return this.#leaf({ is: "string", offset, value: unquoted(this.#tokens.current) });
      case "bytes":
        return this.#leaf({ is: "bytes", offset, value: bytesOf(text, offset) });
      case "float":
        return this.#leaf({ is: "float", offset, value: Number(text) });
      case "int":
        return this.#leaf({ is: "int", offset, value: intOf(text, offset) });
      case "upper":
        return this.#named(offset);
      case "lower":
        return this.#tokens.isCall() ? this.#misplacedEditor() : { is: "path", offset, path: this.#path() };
      default:
        return this.#bracketed();
    }
  }

  #leaf(node: ValueNode): ValueNode {
    this.#tokens.at++;
    return node;
  }

  #bracketed(): ValueNode {
    if (this.#tokens.is("punctuation", "[")) return this.#list();
    if (this.#tokens.is("punctuation", "{")) return this.#map();
    if (!this.#tokens.is("punctuation", "(")) throw this.#tokens.unexpected("a value");
    this.#tokens.at++;
    const inner = this.#nested(() => this.#sum());
    this.#tokens.expect(")");
    return inner;
  }

  /** A converter, an enum's symbol, or a function's name as an argument. */
  #named(offset: number): ValueNode {
    if (this.#tokens.isCall()) return { is: "converter", offset, call: this.#call() };
    const name = this.#tokens.name();
    return /^[A-Z0-9_]+$/.test(name) ? { is: "enum", offset, symbol: name } : { is: "function", offset, name };
  }

  #misplacedEditor(): never {
    const { name, offset } = this.#call();
    throw new OttlSyntaxError(offset, `converter names must start with an uppercase letter but got '${name}'`);
  }

  #call(): Call {
    const { offset } = this.#tokens.current;
    const name = this.#tokens.name();
    this.#tokens.expect("(");
    const args = this.#separated(")", () => this.#argument());
    return { name, offset, arguments: args, keys: this.#keys() };
  }

  #argument(): Argument {
    const { offset } = this.#tokens.current;
    const name = this.#argumentName();
    return { name, offset, value: this.value() };
  }

  #argumentName(): string | undefined {
    if (this.#tokens.current.kind !== "lower") return undefined;
    const start = this.#tokens.at;
    const name = this.#tokens.name();
    if (this.#tokens.is("punctuation", "=")) {
      this.#tokens.at++;
      return name;
    }
    this.#tokens.at = start;
    return undefined;
  }

  #path(): PathNode {
    const { offset } = this.#tokens.current;
    const segments: Segment[] = [this.#segment()];
    while (this.#tokens.is("punctuation", ".")) {
      this.#tokens.at++;
      segments.push(this.#segment());
    }
    return { offset, segments };
  }

  #segment(): Segment {
    const token = this.#tokens.take("lower");
    if (token === undefined) throw this.#tokens.unexpected("a path");
    return { name: token.text, offset: token.offset, keys: this.#keys() };
  }

  #keys(): KeyNode[] {
    const keys: KeyNode[] = [];
    while (this.#tokens.is("punctuation", "[")) {
      this.#tokens.at++;
      keys.push(this.#key());
      this.#tokens.expect("]");
    }
    return keys;
  }

  #key(): KeyNode {
    if (this.#tokens.current.kind !== "string") return this.#nested(() => this.#sum());
    return this.#leaf({ is: "string", offset: this.#tokens.current.offset, value: unquoted(this.#tokens.current) });
  }

  #list(): ValueNode {
    const { offset } = this.#tokens.current;
    this.#tokens.at++;
    return { is: "list", offset, values: this.#separated("]", () => this.value()) };
  }

  #map(): ValueNode {
    const { offset } = this.#tokens.current;
    this.#tokens.at++;
    const entries: (readonly [string, ValueNode])[] = [];
    while (!this.#tokens.is("punctuation", "}")) {
      const key = this.#tokens.take("string");
      if (key === undefined) throw this.#tokens.unexpected("a key in quotes");
      this.#tokens.expect(":");
      entries.push([unquoted(key), this.value()]);
      if (this.#tokens.is("punctuation", ",")) this.#tokens.at++;
    }
    this.#tokens.at++;
    return { is: "map", offset, entries };
  }

  /** Looks ahead for `(a, _) =>`. */
  #lambda(): ValueNode {
    const { offset } = this.#tokens.current;
    this.#tokens.at++;
    const parameters = this.#separated(")", () => this.#parameter());
    this.#tokens.at++;
    return { is: "lambda", offset, parameters, body: this.#lambdaBody() };
  }

  #parameter(): Parameter {
    const { text, offset } = this.#tokens.current;
    if (!isParameter(this.#tokens.current)) throw this.#tokens.unexpected("a parameter");
    this.#tokens.at++;
    return { name: text, offset };
  }

  /** A value where it is one to its end, else a condition. */
  #lambdaBody(): LambdaBody {
    const start = this.#tokens.at;
    try {
      const value = this.value();
      if (value.is === "lambda") {
        throw new OttlSyntaxError(value.offset, "lambda body cannot result into another lambda expression");
      }
      if (!["or", "and", "compare"].includes(this.#tokens.current.kind)) return { is: "value", value };
    } catch (error) {
      if (!(error instanceof OttlSyntaxError) || !error.isGrammar) throw error;
    }
    this.#tokens.at = start;
    return { is: "boolean", value: this.condition() };
  }

  #separated<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    if (!this.#tokens.is("punctuation", end)) {
      items.push(read());
      while (this.#tokens.is("punctuation", ",")) {
        this.#tokens.at++;
        items.push(read());
      }
    }
    this.#tokens.expect(end);
    return items;
  }

  #nested<T>(read: () => T): T {
    if (this.#depth >= MAX_NESTING) {
      throw new OttlSyntaxError(this.#tokens.current.offset, `it is nested deeper than ${MAX_NESTING} levels`);
    }
    this.#depth++;
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }
}

function unquoted({ text, offset }: Token): string {
  const value = unquote(text);
  if (value !== undefined) return value;
  throw new OttlSyntaxError(offset, `invalid quoted string ${JSON.stringify(text)}: invalid syntax`, {
    remedy: 'a backslash is written as two: "\\\\d"',
  });
}

function bytesOf(text: string, offset: number): Uint8Array {
  if (text.length % 2 === 0) return Buffer.from(text.slice(2), "hex");
  throw new OttlSyntaxError(
    offset,
    `byte literals must have an even number of hexadecimal digits, but got ${text}: encoding/hex: odd length hex string`,
  );
}

function intOf(text: string, offset: number): bigint {
  const value = BigInt(text);
  if (value <= MAX_INT) return value;
  throw new OttlSyntaxError(offset, `strconv.ParseInt: parsing "${text}": value out of range`);
}
