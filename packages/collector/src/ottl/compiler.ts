/**
 * Makes functions of what a text says, once: names are looked up, kinds of arguments checked
 * and constants worked out here, so that running a statement on a record does only what
 * depends on the record.
 */
import { nearest } from "../schema/nearest.ts";
import type { Accessor } from "./accessor.ts";
import type { BooleanNode, Call, KeyNode, LambdaBody, PathNode, Segment, ValueNode } from "./ast.ts";
import { compare } from "./compare.ts";
import { constant, Context, type Getter } from "./context.ts";
import type { ContextDefinition } from "./contexts.ts";
import type { Environment, FunctionDefinition, FunctionTable } from "./function-definition.ts";
import { indexed, mapAccessor, mapKeyAccessor, type Key } from "./indexing.ts";
import { calculate, negated } from "./math.ts";
import { OttlError, OttlSyntaxError } from "./ottl-error.ts";
import { goType, storable, type OttlValue } from "./ottl-value.ts";
import { accessorOf } from "./paths/path-table.ts";

export interface CompilerSettings {
  readonly context: ContextDefinition;
  readonly functions: FunctionTable;
  readonly environment: Environment;
  /** Whether paths without a context's name are the context's own. Else every path must begin with one. */
  readonly mayOmitContext: boolean;
}

/** A lambda whose parameters were bound to the values that it is called with. */
export type Lambda = (values: readonly OttlValue[]) => Getter<OttlValue>;

interface Local {
  value: OttlValue;
}

export class Compiler {
  readonly #settings: CompilerSettings;
  // the parameters of the lambdas around, the innermost last
  readonly #scopes: ReadonlyMap<string, Local>[] = [];

  constructor(settings: CompilerSettings) {
    this.#settings = settings;
  }

  value(node: ValueNode): Getter<OttlValue> {
    switch (node.is) {
      case "nil":
        return constant(null);
      case "string":
      case "bytes":
      case "boolean":
      case "int":
      case "float":
        return constant<OttlValue>(node.value);
      case "enum":
        return constant<OttlValue>(this.symbol(node.symbol, node.offset));
      case "path": {
        const accessor = this.accessor(node.path);
        return (context) => accessor.get(context);
      }
      case "converter":
        return this.#indexedCall(node.call);
      case "list":
        return this.#list(node.values);
      case "map":
        return this.#map(node.entries);
      case "math":
        return calculate(this.value(node.left), node.operator, this.value(node.right));
      case "sign":
        return node.operator === "-" ? negated(this.value(node.operand)) : this.value(node.operand);
      case "lambda":
        throw new OttlSyntaxError(
          node.offset,
          "lambda expressions can only be passed to function arguments that accept them",
        );
      default:
        throw new OttlSyntaxError(node.offset, `unexpected token ${JSON.stringify(node.name)} (expected "(")`, {
          isGrammar: true,
        });
    }
  }

  boolean(node: BooleanNode): Getter<boolean> {
    switch (node.is) {
      case "boolean":
        return constant(node.value);
      case "not": {
        const inner = this.boolean(node.operand);
        if (inner.constant !== undefined) return constant(!inner.constant.value);
        return (context) => !inner(context);
      }
      case "and":
        return allOf(node.operands.map((operand) => this.boolean(operand)));
      case "or":
        return anyOf(node.operands.map((operand) => this.boolean(operand)));
      case "compare": {
        const left = this.value(node.left);
        const right = this.value(node.right);
        const { operator } = node;
        if (left.constant !== undefined && right.constant !== undefined) {
          return constant(compare(left.constant.value, right.constant.value, operator));
        }
        return (context) => compare(left(context), right(context), operator);
      }
      default:
        return asCondition(this.#indexedCall(node.call));
    }
  }

  /** What a path leads to. Throws unless the context has it. */
  accessor(path: PathNode): Accessor {
    const local = this.#local(path);
    if (local !== undefined) return local;
    const [first] = path.segments as [Segment, ...Segment[]];
    const { paths, name } = this.#settings.context;
    const written = textOf(path.segments);
    const isNamed = path.segments.length > 1 && paths.has(first.name);
    if (!isNamed && !this.#settings.mayOmitContext) throw this.#missingContext(path, written);
    const set = paths.get(isNamed ? first.name : name)!;
    const own = isNamed ? path.segments.slice(1) : path.segments;
    if (own[0]!.name === "cache") return this.#cache(isNamed ? first.name : name, own, written);
    const segments = own.map((segment) => ({ ...segment, keys: this.#keys(segment.keys) }));
    return at(path.offset, () => accessorOf(set, segments, written));
  }

  /** A call's function, made for these arguments. */
  call(call: Call): Getter<OttlValue> {
    const definition = this.definition(call.name, call.offset);
    const args = this.#arguments(call, definition);
    return at(call.offset, () => definition.create(args, this.#settings.environment), "couldn't create function");
  }

  definition(name: string, offset: number): FunctionDefinition {
    const { functions } = this.#settings;
    const found = functions.get(name);
    if (found !== undefined) return found;
    const near = nearest(name, [...functions.keys()]);
    throw new OttlSyntaxError(offset, `undefined function ${JSON.stringify(name)}`, {
      remedy: near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`,
    });
  }

  get environment(): Environment {
    return this.#settings.environment;
  }

  symbol(symbol: string, offset: number): bigint {
    const { symbols } = this.#settings.context;
    if (Object.hasOwn(symbols, symbol)) return symbols[symbol]!;
    const near = nearest(symbol, Object.keys(symbols));
    throw new OttlSyntaxError(offset, `enum symbol, ${symbol}, not found`, {
      remedy: near === undefined ? undefined : `did you mean ${near}?`,
    });
  }

  /** A lambda with exactly so many parameters. */
  lambda(node: ValueNode, arity: number): Lambda {
    if (node.is !== "lambda") throw new OttlSyntaxError(node.offset, "must be a lambda expression");
    const locals = node.parameters.map(() => ({ value: null as OttlValue }));
    const scope = new Map<string, Local>();
    for (const [i, { name, offset }] of node.parameters.entries()) {
      if (scope.has(name)) throw new OttlSyntaxError(offset, `duplicate local identifier ${JSON.stringify(name)}`);
      if (name !== "_") scope.set(name, locals[i]!);
    }
    if (locals.length !== arity) {
      const what = `lambda should be defined with exactly ${arity} formal(s), but has ${locals.length}`;
      throw new OttlSyntaxError(node.offset, what);
    }
    this.#scopes.push(scope);
    const body = this.#lambdaBody(node.body);
    this.#scopes.pop();
    return (values) => {
      for (const [i, local] of locals.entries()) local.value = values[i]!;
      return body;
    };
  }

  #lambdaBody(body: LambdaBody): Getter<OttlValue> {
    return body.is === "value" ? this.value(body.value) : this.boolean(body.value);
  }

  #local({ segments }: PathNode): Accessor | undefined {
    const [first, next] = segments as [Segment, ...Segment[]];
    const scope = this.#scopes.findLast((one) => one.has(first.name));
    if (scope === undefined) return undefined;
    if (next !== undefined) {
      const what = `local identifier ${JSON.stringify(textOf(segments))} cannot use "." to access nested fields`;
      throw new OttlSyntaxError(next.offset, what);
    }
    const local = scope.get(first.name)!;
    const keys = this.#keys(first.keys);
    return {
      get: (context) => indexed(local.value, keys, context),
      set() {
        throw new OttlError(`local identifier ${JSON.stringify(first.name)} cannot be set`);
      },
    };
  }

  #missingContext({ offset, segments }: PathNode, written: string): OttlSyntaxError {
    const names = [...this.#settings.context.paths.keys()];
    const [{ name }] = segments as [Segment];
    if (segments.length > 1) {
      const near = nearest(name, names);
      return new OttlSyntaxError(
        offset,
        `context "${name}" from path "${written}" is not valid, it must be replaced by one of: ${names.map((one) => `"${one}"`).join(", ")}`,
        { remedy: near === undefined ? undefined : `did you mean "${near}"?` },
      );
    }
    return new OttlSyntaxError(
      offset,
      `missing context name for path "${written}", possibly valid options are: ${names.map((one) => `"${one}.${written}"`).join(", ")}`,
      { remedy: `write "${this.#settings.context.name}.${written}"` },
    );
  }

  /** What statements on one record pass on to each other. */
  #cache(prefix: string, [segment, extra]: readonly Segment[], written: string): Accessor {
    const { name } = this.#settings.context;
    if (prefix !== name) {
      const what = `access to cache must be performed using the same context, please replace "${written}" with "${name}.${written.slice(prefix.length + 1)}"`;
      throw new OttlSyntaxError(segment!.offset, what);
    }
    if (extra !== undefined) {
      const what = `the path section ${JSON.stringify(extra.name)} was not used by the context - this likely means you are using extra path sections`;
      throw new OttlSyntaxError(extra.offset, what);
    }
    const keys = this.#keys(segment!.keys);
    return keys.length === 0
      ? mapAccessor((context) => context.cache)
      : mapKeyAccessor((context) => context.cache, keys);
  }

  #keys(nodes: readonly KeyNode[]): Key[] {
    return nodes.map((node) => (node.is === "string" || node.is === "int" ? node.value : this.value(node)));
  }

  #indexedCall(call: Call): Getter<OttlValue> {
    const result = this.call(call);
    if (call.keys.length === 0) return result;
    const keys = this.#keys(call.keys);
    return (context) => indexed(result(context), keys, context);
  }

  #list(nodes: readonly ValueNode[]): Getter<OttlValue> {
    const values = nodes.map((node) => this.value(node));
    if (values.every((value) => value.constant !== undefined)) {
      return constant<OttlValue>(values.map((value) => value.constant!.value));
    }
    return (context) => values.map((value) => value(context));
  }

  #map(nodes: readonly (readonly [string, ValueNode])[]): Getter<OttlValue> {
    const entries = nodes.map(([key, node]) => [key, this.value(node)] as const);
    const read: Getter<OttlValue> = (context) =>
      new Map(entries.map(([key, value]) => [key, storable(value(context))]));
    const isConstant = entries.every(([, value]) => value.constant !== undefined);
    return isConstant ? constant(read(new Context())) : read;
  }

  #arguments(call: Call, { parameters }: FunctionDefinition): Record<string, unknown> {
    const inner = (): Record<string, unknown> => {
      const names = Object.keys(parameters);
      checkCount(call, parameters, names);
      const args: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, undefined]));
      for (const [i, argument] of call.arguments.entries()) {
        const name = argument.name === undefined ? names[i]! : parameterOf(argument.name, names, argument.offset);
        args[name] = within(`invalid argument at position ${i}`, () =>
          at(argument.offset, () => parameters[name]!.read(argument.value, this)),
        );
      }
      const missing = names.find((name) => args[name] === undefined && !parameters[name]!.isOptional);
      if (missing === undefined) return args;
      throw new OttlSyntaxError(call.offset, `missing required argument ${JSON.stringify(snake(missing))}`);
    };
    return within(`error while parsing arguments for call to ${JSON.stringify(call.name)}`, inner);
  }
}

function checkCount(call: Call, parameters: FunctionDefinition["parameters"], names: readonly string[]): void {
  const firstNamed = call.arguments.findIndex(({ name }) => name !== undefined);
  const unnamed = call.arguments.findLast(({ name }) => name === undefined);
  if (unnamed !== undefined && firstNamed >= 0 && call.arguments.indexOf(unnamed) > firstNamed) {
    throw new OttlSyntaxError(unnamed.offset, "unnamed argument used after named argument");
  }
  const required = names.filter((name) => !parameters[name]!.isOptional).length;
  const received = call.arguments.length;
  if (received >= required && received <= names.length) return;
  throw new OttlSyntaxError(
    call.offset,
    `incorrect number of arguments. Expected: ${names.length} Received: ${received}`,
    {
      remedy: `its parameters are ${names.map((name) => snake(name) + (parameters[name]!.isOptional ? "?" : "")).join(", ")}`,
    },
  );
}

/** Names may be written in snake case or in camel case. */
function parameterOf(written: string, names: readonly string[], offset: number): string {
  const plain = written.replaceAll("_", "").toLowerCase();
  const found = names.find((name) => name.toLowerCase() === plain);
  if (found !== undefined) return found;
  throw new OttlSyntaxError(offset, `no such parameter: ${written}`, {
    remedy: `its parameters are ${names.map((name) => snake(name)).join(", ")}`,
  });
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function allOf(conditions: readonly Getter<boolean>[]): Getter<boolean> {
  if (conditions.some(({ constant: known }) => known?.value === false)) return constant(false);
  const open = conditions.filter((condition) => condition.constant === undefined);
  if (open.length === 0) return constant(true);
  return (context) => open.every((condition) => condition(context));
}

function anyOf(conditions: readonly Getter<boolean>[]): Getter<boolean> {
  if (conditions.some(({ constant: known }) => known?.value === true)) return constant(true);
  const open = conditions.filter((condition) => condition.constant === undefined);
  if (open.length === 0) return constant(false);
  return (context) => open.some((condition) => condition(context));
}

function asCondition(getter: Getter<OttlValue>): Getter<boolean> {
  return (context) => {
    const value = getter(context);
    if (typeof value === "boolean") return value;
    throw new OttlError(`value returned from Converter in constant expression must be bool but got ${goType(value)}`);
  };
}

/** Runs `make`; what it throws is told with `context`. */
function within<T>(context: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof OttlSyntaxError ? error.within(context) : error;
  }
}

/** Runs `make`; an error without a place gets this one. */
function at<T>(offset: number, make: () => T, context?: string): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OttlError)) throw error;
    throw new OttlSyntaxError(offset, context === undefined ? error.message : `${context}: ${error.message}`);
  }
}

/** The path as it was written. */
function textOf(segments: readonly Segment[]): string {
  return segments.map(({ name, keys }) => name + keys.map(textOfKey).join("")).join(".");
}

function textOfKey(key: KeyNode): string {
  if (key.is === "string" || key.is === "int") return `[${key.value}]`;
  return key.is === "path" ? `[${textOf(key.path.segments)}]` : "[]";
}
