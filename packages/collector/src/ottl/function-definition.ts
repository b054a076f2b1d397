/** What a function is: its name, its parameters in order, and how it is made once its arguments are known. */
import type { Logger } from "../telemetry/logger.ts";
import type { ValueNode } from "./ast.ts";
import type { Compiler } from "./compiler.ts";
import type { Context, Getter } from "./context.ts";
import type { OttlValue } from "./ottl-value.ts";

/** What functions take from the world. */
export interface Environment {
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** A parameter's kind: how an argument's text becomes what the function takes. */
export interface Parameter<T> {
  readonly isOptional: boolean;
  /** Throws `OttlSyntaxError`. */
  read(argument: ValueNode, compiler: Compiler): T;
  /** The same of a value that is no text, where that is possible. */
  readonly from?: (getter: Getter<OttlValue>) => T;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

export type ArgumentsOf<P extends Parameters> = {
  readonly [Key in keyof P]: P[Key] extends Parameter<infer T> ? T : never;
};

/** Editors have names in lower case, converters begin with a capital. */
export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: Parameters;
  /** Throws `OttlError` where the arguments cannot work. */
  create(args: Readonly<Record<string, unknown>>, environment: Environment): Getter<OttlValue>;
}

export type FunctionTable = ReadonlyMap<string, FunctionDefinition>;

/** Defines a function; its arguments are typed by its parameters. */
export function define<P extends Parameters>(
  name: string,
  parameters: P,
  create: (args: ArgumentsOf<P>, environment: Environment) => Getter<OttlValue>,
): FunctionDefinition {
  return { name, parameters, create: (args, environment) => create(args as ArgumentsOf<P>, environment) };
}

/** An editor: it does something and gives nothing. */
export function defineEditor<P extends Parameters>(
  name: string,
  parameters: P,
  create: (args: ArgumentsOf<P>, environment: Environment) => (context: Context) => void,
): FunctionDefinition {
  return define(name, parameters, (args, environment) => {
    const run = create(args, environment);
    return (context) => {
      run(context);
      return null;
    };
  });
}

export function functionTable(...lists: readonly (readonly FunctionDefinition[])[]): FunctionTable {
  return new Map(lists.flat().map((definition) => [definition.name, definition]));
}
