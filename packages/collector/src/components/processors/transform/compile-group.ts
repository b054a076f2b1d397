/** Makes a group's texts ready to run, on the kind of record that they name. */
import type { Signal } from "@clew/otlp";
import { CONTEXTS, type ContextName } from "../../../ottl/contexts.ts";
import type { CompilerSettings } from "../../../ottl/compiler.ts";
import type { Environment, FunctionTable } from "../../../ottl/function-definition.ts";
import { SPAN_STANDARD_FUNCTIONS, STANDARD_FUNCTIONS } from "../../../ottl/functions/standard-functions.ts";
import { inferContext } from "../../../ottl/infer-context.ts";
import { compileCondition, compileStatement, type Condition, type Statement } from "../../../ottl/statement.ts";
import { checkText } from "../../../ottl/texts-schema.ts";
import { parseCondition, parseStatement } from "../../../ottl/parser.ts";
import type { Place } from "../../../schema/place.ts";
import type { GroupConfig } from "./config.ts";
import { DATAPOINT_FUNCTIONS, METRIC_FUNCTIONS } from "./metric-functions.ts";
import { setSemconvSpanName } from "./set-semconv-span-name.ts";

/** The contexts of each signal, and the functions that statements in them may call. */
const CANDIDATES: Readonly<Record<Signal, Readonly<Partial<Record<ContextName, FunctionTable>>>>> = {
  traces: {
    resource: STANDARD_FUNCTIONS,
    scope: STANDARD_FUNCTIONS,
    span: new Map([...SPAN_STANDARD_FUNCTIONS, [setSemconvSpanName.name, setSemconvSpanName]]),
    spanevent: STANDARD_FUNCTIONS,
  },
  metrics: {
    resource: STANDARD_FUNCTIONS,
    scope: STANDARD_FUNCTIONS,
    metric: new Map([...STANDARD_FUNCTIONS, ...METRIC_FUNCTIONS]),
    datapoint: new Map([...STANDARD_FUNCTIONS, ...DATAPOINT_FUNCTIONS]),
    exemplar: STANDARD_FUNCTIONS,
  },
  logs: { resource: STANDARD_FUNCTIONS, scope: STANDARD_FUNCTIONS, log: STANDARD_FUNCTIONS },
};

export interface CompiledGroup {
  readonly context: ContextName;
  readonly statements: readonly Statement[];
  readonly conditions: readonly Condition[];
}

/** Where a text stands: the group itself where no kind is given. */
export type PlaceOfText = (kind: "statements" | "conditions" | undefined, index: number) => Place;

/** Faults go to their places; undefined where there are any. */
export function compileGroup(
  config: GroupConfig,
  signal: Signal,
  environment: Environment,
  placeOf: PlaceOfText,
): CompiledGroup | undefined {
  const { context, why } = contextOf(config, signal, placeOf);
  if (context === undefined) return undefined;
  const settings: CompilerSettings = {
    context: CONTEXTS[context],
    functions: CANDIDATES[signal][context]!,
    environment,
    mayOmitContext: config.context !== undefined,
  };
  const statements = config.statements.map((text, i) =>
    checkText(placeOf("statements", i), "statement", text, () => compileStatement(text, settings)),
  );
  const conditions = config.conditions.map((text, i) =>
    checkText(placeOf("conditions", i), "condition", text, () => compileCondition(text, settings)),
  );
  if (!allThere(statements) || !allThere(conditions)) return undefined;
  if (why === undefined) return { context, statements, conditions };
  cannotInfer(why, config, signal, placeOf);
  return undefined;
}

function allThere<T>(items: readonly (T | undefined)[]): items is readonly T[] {
  return !items.includes(undefined);
}

/** No context where that was told already. */
function contextOf(
  config: GroupConfig,
  signal: Signal,
  placeOf: PlaceOfText,
): { readonly context: ContextName | undefined; readonly why?: string | undefined } {
  const candidates = CANDIDATES[signal];
  const names = Object.keys(candidates) as ContextName[];
  if (config.context !== undefined) {
    if (names.includes(config.context)) return { context: config.context };
    placeOf(undefined, 0).problem(
      `unknown context ${config.context} for ${signal}`,
      `write one of ${names.join(", ")}`,
    );
    return { context: undefined };
  }
  const { statements, conditions } = config;
  const readable = [
    ...statements.map((text, i) => checkText(placeOf("statements", i), "statement", text, () => parseStatement(text))),
    ...conditions.map((text, i) => checkText(placeOf("conditions", i), "condition", text, () => parseCondition(text))),
  ];
  if (!allThere(readable)) return { context: undefined };
  const found = inferContext(
    names.map((name) => ({ context: CONTEXTS[name], functions: candidates[name]! })),
    config,
  );
  if (found.context === undefined) cannotInfer(found.why, config, signal, placeOf);
  return found;
}

function cannotInfer(why: string, { statements }: GroupConfig, signal: Signal, placeOf: PlaceOfText): void {
  const names = Object.keys(CANDIDATES[signal]).join(", ");
  placeOf(undefined, 0).problem(
    `unable to infer a valid context from these statements and conditions: ${why}`,
    statements.length === 0
      ? "write statements"
      : `begin each path with its context: ${names}; name only functions that this context has`,
  );
}
