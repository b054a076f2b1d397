/** Finds out on which kind of record statements run, from what they name. */
import type { BooleanNode, Call, KeyNode, PathNode, ValueNode } from "./ast.ts";
import type { ContextDefinition, ContextName } from "./contexts.ts";
import type { FunctionTable } from "./function-definition.ts";
import { parseCondition, parseStatement, parseValue } from "./parser.ts";

/** The deepest first: a statement that names a span event and its span runs on span events. */
const PRIORITY = [
  "log",
  "exemplar",
  "datapoint",
  "metric",
  "spanevent",
  "span",
  "scope",
  "instrumentation_scope",
  "resource",
];

export interface Candidate {
  readonly context: ContextDefinition<ContextName>;
  readonly functions: FunctionTable;
}

export interface Texts {
  readonly statements?: readonly string[];
  readonly conditions?: readonly string[];
  readonly values?: readonly string[];
}

export type Inferred =
  | { readonly context: ContextName; readonly why?: undefined }
  /** Why none fits, and the one that was meant, in which it can be told what does not fit. */
  | { readonly context: ContextName | undefined; readonly why: string };

/** Throws `OttlSyntaxError` where a text cannot be read. */
export function inferContext(
  candidates: readonly Candidate[],
  { statements = [], conditions = [], values = [] }: Texts,
): Inferred {
  const names = new Names();
  for (const text of statements) {
    const { editor, where } = parseStatement(text);
    names.call(editor);
    if (where !== undefined) names.boolean(where);
  }
  for (const text of conditions) names.boolean(parseCondition(text));
  for (const text of values) names.value(parseValue(text));
  const first = [...names.contexts].sort((a, b) => rank(a) - rank(b))[0];
  if (first === undefined) {
    const why = "unable to infer context from statements, path's first segment must be a valid context name";
    return { context: undefined, why };
  }
  const found = first === "instrumentation_scope" ? "scope" : first;
  const chosen = candidates.find(({ context }) => context.name === found);
  if (chosen === undefined) return { context: undefined, why: `inferred context "${first}" is not a valid candidate` };
  const why = lacking(chosen, names);
  if (why === undefined) return { context: chosen.context.name };
  const lower = candidates
    .filter(({ context }) => context.name !== found && context.paths.has(found))
    .sort((a, b) => rank(a.context.name) - rank(b.context.name))
    .find((candidate) => lacking(candidate, names) === undefined);
  return lower === undefined ? { context: chosen.context.name, why } : { context: lower.context.name };
}

function rank(context: string): number {
  const at = PRIORITY.indexOf(context);
  return at < 0 ? PRIORITY.length : at;
}

function lacking({ context, functions }: Candidate, names: Names): string | undefined {
  const noFunction = [...names.functions].find((name) => !functions.has(name));
  if (noFunction !== undefined) {
    return `inferred context "${context.name}" does not support the function "${noFunction}"`;
  }
  const noSymbol = [...names.symbols].find((symbol) => !Object.hasOwn(context.symbols, symbol));
  if (noSymbol === undefined) return undefined;
  return `inferred context "${context.name}" does not support the enum symbol "${noSymbol}"`;
}

/** Everything that texts name. */
class Names {
  readonly contexts = new Set<string>();
  readonly functions = new Set<string>();
  readonly symbols = new Set<string>();
  readonly #locals: string[] = [];

  call({ name, arguments: args, keys }: Call): void {
    this.functions.add(name);
    for (const argument of args) this.value(argument.value);
    this.#keys(keys);
  }

  boolean(node: BooleanNode): void {
    switch (node.is) {
      case "and":
      case "or":
        for (const operand of node.operands) this.boolean(operand);
        return;
      case "not":
        return this.boolean(node.operand);
      case "compare":
        this.value(node.left);
        return this.value(node.right);
      case "converter":
        return this.call(node.call);
      case "boolean":
    }
  }

  value(node: ValueNode): void {
    switch (node.is) {
      case "path":
        return this.#path(node.path);
      case "converter":
        return this.call(node.call);
      case "enum":
        this.symbols.add(node.symbol);
        return;
      case "math":
        this.value(node.left);
        return this.value(node.right);
      case "sign":
        return this.value(node.operand);
      case "list":
        for (const one of node.values) this.value(one);
        return;
      case "map":
        for (const [, one] of node.entries) this.value(one);
        return;
      case "lambda":
        return this.#lambda(node);
      default:
    }
  }

  #lambda(node: ValueNode & { readonly is: "lambda" }): void {
    this.#locals.push(...node.parameters.map(({ name }) => name));
    if (node.body.is === "value") this.value(node.body.value);
    else this.boolean(node.body.value);
    this.#locals.length -= node.parameters.length;
  }

  #path({ segments }: PathNode): void {
    const [first, next] = segments;
    if (!this.#locals.includes(first!.name) && next !== undefined) this.contexts.add(first!.name);
    for (const { keys } of segments) this.#keys(keys);
  }

  #keys(keys: readonly KeyNode[]): void {
    for (const key of keys) this.value(key);
  }
}
