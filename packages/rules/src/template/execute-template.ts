/** Runs a template's tree, with the errors of Go's `text/template`. */
import { ClewError, messageOf } from "@clew/base";
import { type Command, nodeText, type Operand, type Pipeline, type Statement, type TemplateTree } from "./ast.ts";
import type { ParameterType, TemplateFunction } from "./functions.ts";
import { TemplateError } from "./template-error.ts";
import { isTrue, itemsOf, MethodList, StringMap, Structure, typeName, type Value, valueText } from "./values.ts";

/** A text may become this long, and templates may call each other this deep, before it is given up. */
const MAX_OUTPUT_LENGTH = 1_000_000;
const MAX_CALLS = 1_000;

/** Thrown by a function that can't answer yet: nothing is wrong with the template. */
export class NotYet extends Error {
  override readonly name: string = "NotYet";
}

/** `textOf` writes values. Throws a `TemplateError`, or what a function throws as `NotYet`. */
export function executeTemplate(
  tree: TemplateTree,
  data: Value,
  functions: Readonly<Record<string, TemplateFunction>>,
  textOf: (value: Value) => string = valueText,
): string {
  return new Execution(tree, functions, textOf).run(data);
}

type Signal = "break" | "continue" | undefined;
type Node = Operand | Command;

class Execution {
  readonly #tree: TemplateTree;
  readonly #functions: Readonly<Record<string, TemplateFunction>>;
  readonly #textOf: (value: Value) => string;
  #variables: { readonly name: string; value: Value }[] = [];
  #node: Node | undefined;
  #output = "";
  #calls = 0;

  constructor(
    tree: TemplateTree,
    functions: Readonly<Record<string, TemplateFunction>>,
    textOf: (value: Value) => string,
  ) {
    this.#tree = tree;
    this.#functions = functions;
    this.#textOf = textOf;
  }

  run(data: Value): string {
    this.#variables = [{ name: "$", value: data }];
    this.#walk(this.#tree.body, data);
    return this.#output;
  }

  #walk(statements: readonly Statement[], dot: Value): Signal {
    for (const statement of statements) {
      const signal = this.#statement(statement, dot);
      if (signal !== undefined) return signal;
    }
    return undefined;
  }

  #statement(statement: Statement, dot: Value): Signal {
    switch (statement.kind) {
      case "text":
        this.#write(statement.text);
        return undefined;
      case "action": {
        const value = this.#pipeline(statement.pipeline, dot);
        if (statement.pipeline.names.length === 0)
          this.#write(value === undefined ? "<no value>" : this.#textOf(value));
        return undefined;
      }
      case "if":
      case "with":
        return this.#branch(statement, dot);
      case "range":
        return this.#scoped(() => this.#range(statement, dot));
      case "template":
        this.#template(statement, dot);
        return undefined;
      default:
        return statement.kind;
    }
  }

  #branch(
    { kind, pipeline, body, otherwise }: Extract<Statement, { kind: "if" | "with" | "range" }>,
    dot: Value,
  ): Signal {
    return this.#scoped(() => {
      const value = this.#pipeline(pipeline, dot);
      if (!isTrue(value)) return this.#walk(otherwise, dot);
      return this.#walk(body, kind === "with" ? value : dot);
    });
  }

  #range({ pipeline, body, otherwise }: Extract<Statement, { kind: "if" | "with" | "range" }>, dot: Value): Signal {
    const { names, declares } = pipeline;
    const value = this.#pipeline({ ...pipeline, names: [] }, dot);
    const entries = this.#entries(value);
    if (entries.length === 0) return this.#walk(otherwise, dot);
    for (const [key, element] of entries) {
      const signal = this.#scoped(() => {
        const [first, second] = names;
        if (first !== undefined) this.#assign(first, second === undefined ? element : key, declares);
        if (second !== undefined) this.#assign(second, element, declares);
        return this.#walk(body, element);
      });
      if (signal === "break") break;
    }
    return undefined;
  }

  #entries(value: Value): readonly (readonly [Value, Value])[] {
    if (value === undefined) return [];
    const items = itemsOf(value);
    if (items !== undefined) return items.map((element, i) => [BigInt(i), element]);
    if (value instanceof StringMap) return [...value.entries].sort(([a], [b]) => (a < b ? -1 : 1));
    if (typeof value === "bigint" && value <= BigInt(MAX_OUTPUT_LENGTH))
      return Array.from({ length: Math.max(0, Number(value)) }, (_, i) => [BigInt(i), BigInt(i)]);
    throw this.#fault(`range can't iterate over ${valueText(value)}`);
  }

  #template({ name, pipeline }: Extract<Statement, { kind: "template" }>, dot: Value): void {
    const body = this.#tree.defined.get(name);
    if (body === undefined) throw this.#fault(`template ${JSON.stringify(name)} not defined`);
    if (++this.#calls > MAX_CALLS) throw this.#fault("exceeded maximum template depth (1000)");
    const value = pipeline === undefined ? undefined : this.#pipeline(pipeline, dot);
    const around = this.#variables;
    this.#variables = [{ name: "$", value }];
    this.#walk(body, value);
    this.#variables = around;
    this.#calls--;
  }

  #scoped(work: () => Signal): Signal {
    const known = this.#variables.length;
    const signal = work();
    this.#variables.length = known;
    return signal;
  }

  #assign(name: string, value: Value, declares: boolean): void {
    const known = declares ? undefined : this.#variables.findLast((one) => one.name === name);
    if (known === undefined) this.#variables.push({ name, value });
    else known.value = value;
  }

  #pipeline({ commands, names, declares }: Pipeline, dot: Value): Value {
    let value: Value;
    commands.forEach((command, i) => {
      value = this.#command(command, dot, i === 0 ? [] : [value]);
    });
    for (const name of names) this.#assign(name, value, declares);
    return value;
  }

  /** `piped` holds what comes through a pipe: it is the last argument. */
  #command(command: Command, dot: Value, piped: readonly Value[]): Value {
    const first = command.words[0] as Operand;
    const args = command.words.slice(1);
    switch (first.kind) {
      case "identifier":
        this.#node = first;
        return this.#call(first.name, command, args, dot, piped);
      case "field":
      case "variable":
      case "chain":
        return this.#path(first, dot, args, piped);
      default:
        this.#node = first;
        if (args.length > 0 || piped.length > 0)
          throw this.#fault(`can't give argument to non-function ${nodeText(first)}`);
        if (first.kind === "nil") throw this.#fault("nil is not a command");
        return this.#value(first, dot);
    }
  }

  #value(operand: Operand, dot: Value): Value {
    this.#node = operand;
    switch (operand.kind) {
      case "dot":
        return dot;
      case "nil":
        return undefined;
      case "bool":
      case "number":
      case "string":
        return operand.value;
      case "identifier":
        return this.#call(operand.name, operand, [], dot, []);
      case "pipeline":
        return this.#pipeline(operand, dot);
      default:
        return this.#path(operand, dot, [], []);
    }
  }

  #path(
    operand: Extract<Operand, { kind: "field" | "variable" | "chain" }>,
    dot: Value,
    args: readonly Operand[],
    piped: readonly Value[],
  ): Value {
    this.#node = operand;
    const { path } = operand;
    let value =
      operand.kind === "field"
        ? dot
        : operand.kind === "variable"
          ? this.#variable(operand.name)
          : this.#value(operand.inner, dot);
    if (path.length === 0 && args.length + piped.length > 0)
      throw this.#fault(`can't give argument to non-function ${nodeText(operand)}`);
    path.forEach((name, i) => {
      const isLast = i === path.length - 1;
      value = this.#member(value, name, dot, isLast ? args : [], isLast ? piped : []);
    });
    return value;
  }

  #variable(name: string): Value {
    return this.#variables.findLast((one) => one.name === name)?.value;
  }

  #member(value: Value, name: string, dot: Value, args: readonly Operand[], piped: readonly Value[]): Value {
    const hasArgs = args.length + piped.length > 0;
    const method = methodOf(value, name);
    if (method !== undefined) {
      const given = [...args.map((arg) => this.#value(arg, dot)), ...piped];
      return this.#guarded(name, this.#node, () => method(...given));
    }
    if (value instanceof StringMap) {
      if (hasArgs) throw this.#fault(`${name} is not a method but has arguments`);
      return value.get(name);
    }
    if (value instanceof Structure) {
      if (Object.hasOwn(value.fields, name)) {
        if (hasArgs) throw this.#fault(`${name} has arguments but cannot be invoked as function`);
        return value.fields[name];
      }
    }
    if (value === undefined) return undefined;
    throw this.#fault(`can't evaluate field ${name} in type ${typeName(value)}`);
  }

  #call(name: string, node: Node, args: readonly Operand[], dot: Value, piped: readonly Value[]): Value {
    const found = this.#functions[name];
    if (found === undefined) throw this.#fault(`${JSON.stringify(name)} is not a defined function`);
    const { parameters, variadic = false } = found;
    const count = args.length + piped.length;
    const least = variadic ? parameters.length - 1 : parameters.length;
    if (count < least || (!variadic && count > least)) {
      const wanted = variadic ? `at least ${least}` : String(least);
      throw this.#fault(`wrong number of args for ${name}: want ${wanted} got ${count}`);
    }
    if (name === "and" || name === "or") return this.#shortCircuit(name, args, dot, piped);
    const typeAt = (i: number): ParameterType => parameters[Math.min(i, parameters.length - 1)] ?? "any";
    const given = args.map((arg, i) => this.#checked(this.#value(arg, dot), typeAt(i), arg));
    for (const value of piped) given.push(this.#checked(value, typeAt(args.length)));
    return this.#guarded(name, node, () => (found.call as (...args: readonly Value[]) => Value)(...given));
  }

  #shortCircuit(name: "and" | "or", args: readonly Operand[], dot: Value, piped: readonly Value[]): Value {
    let value: Value;
    for (const arg of args) {
      value = this.#value(arg, dot);
      if (isTrue(value) === (name === "or")) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  #checked(value: Value, type: ParameterType, operand?: Operand): Value {
    if (type === "any" || fits(value, type)) return value;
    const wanted = GO_TYPES[type];
    if (operand?.kind === "number" || operand?.kind === "bool" || (operand?.kind === "string" && type !== "string"))
      throw this.#fault(
        type === "string"
          ? `expected string; found ${nodeText(operand)}`
          : `can't handle ${nodeText(operand)} for arg of type ${wanted}`,
      );
    if (value === undefined) throw this.#fault(`invalid value; expected ${wanted}`);
    throw this.#fault(`wrong type for value; expected ${wanted}; got ${typeName(value)}`);
  }

  #guarded(name: string, node: Node | undefined, work: () => Value): Value {
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof NotYet) throw thrown;
      this.#node = node;
      throw this.#fault(`error calling ${name}: ${thrown instanceof ClewError ? thrown.what : messageOf(thrown)}`);
    }
  }

  #write(text: string): void {
    this.#output += text;
    if (this.#output.length > MAX_OUTPUT_LENGTH)
      throw this.#fault(`the text is longer than ${MAX_OUTPUT_LENGTH} characters`);
  }

  #fault(problem: string): TemplateError {
    const { name, text } = this.#tree;
    if (this.#node === undefined) return new TemplateError(`template: ${name}: ${problem}`);
    const before = text.slice(0, this.#node.offset);
    const line = before.split("\n").length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf("\n") + 1));
    const place = `template: ${name}:${line}:${column}: executing ${JSON.stringify(name)} at <${nodeText(this.#node)}>`;
    return new TemplateError(`${place}: ${problem}`);
  }
}

const GO_TYPES: Readonly<Record<ParameterType, string>> = {
  any: "interface {}",
  string: "string",
  sample: "*template.sample",
  queryResult: "template.queryResult",
};

function methodOf(value: Value, name: string): ((...args: readonly Value[]) => Value) | undefined {
  const hasMethods = value instanceof Structure || value instanceof StringMap || value instanceof MethodList;
  return hasMethods && Object.hasOwn(value.methods, name) ? value.methods[name] : undefined;
}

function fits(value: Value, type: ParameterType): boolean {
  if (type === "string") return typeof value === "string";
  if (type === "queryResult") return Array.isArray(value);
  return value instanceof Structure && value.typeName === GO_TYPES.sample;
}
