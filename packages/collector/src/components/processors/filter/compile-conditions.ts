/** Makes conditions ready to be asked, on the kind of record that they name. */
import { pointsOf, type Signal } from "@clew/otlp";
import type { ErrorMode } from "../../../ottl/condition-list.ts";
import { CONTEXTS, type ContextName } from "../../../ottl/contexts.ts";
import { define, functionTable, type Environment, type FunctionTable } from "../../../ottl/function-definition.ts";
import { SPAN_STANDARD_FUNCTIONS, STANDARD_FUNCTIONS } from "../../../ottl/functions/standard-functions.ts";
import { inferContext } from "../../../ottl/infer-context.ts";
import { text } from "../../../ottl/parameters.ts";
import { parseCondition } from "../../../ottl/parser.ts";
import { compileCondition, type Condition } from "../../../ottl/statement.ts";
import { checkText } from "../../../ottl/texts-schema.ts";
import type { Place } from "../../../schema/place.ts";

export interface ConditionGroup {
  readonly context: ContextName | undefined;
  readonly error_mode: ErrorMode | undefined;
  readonly conditions: readonly string[];
}

/** Converters that ask about a metric's data points. */
const METRIC_CONVERTERS: FunctionTable = functionTable([
  define(
    "HasAttrKeyOnDatapoint",
    { key: text },
    (args) =>
      ({ record }) =>
        pointsOf(record).some((point) => point.attributes().has(args.key)),
  ),
  define(
    "HasAttrOnDatapoint",
    { key: text, expectedVal: text },
    (args) =>
      ({ record }) =>
        pointsOf(record).some((point) => point.attributes().get(args.key) === args.expectedVal),
  ),
]);

const CANDIDATES: Readonly<Record<Signal, Readonly<Partial<Record<ContextName, FunctionTable>>>>> = {
  traces: {
    resource: STANDARD_FUNCTIONS,
    scope: STANDARD_FUNCTIONS,
    span: SPAN_STANDARD_FUNCTIONS,
    spanevent: STANDARD_FUNCTIONS,
  },
  metrics: {
    resource: STANDARD_FUNCTIONS,
    scope: STANDARD_FUNCTIONS,
    metric: new Map([...STANDARD_FUNCTIONS, ...METRIC_CONVERTERS]),
    datapoint: STANDARD_FUNCTIONS,
  },
  logs: { resource: STANDARD_FUNCTIONS, scope: STANDARD_FUNCTIONS, log: STANDARD_FUNCTIONS },
};

export interface CompiledConditions {
  readonly context: ContextName;
  readonly conditions: readonly Condition[];
}

/** Faults go to their places, the group's where no index is given; undefined where there are any. */
export function compileConditions(
  group: ConditionGroup,
  signal: Signal,
  environment: Environment,
  placeOf: (index?: number) => Place,
): CompiledConditions | undefined {
  const candidates = CANDIDATES[signal];
  const names = Object.keys(candidates) as ContextName[];
  const inferred = group.context === undefined ? inferredFrom(group, candidates, placeOf) : { context: group.context };
  const { context } = inferred;
  if (context === undefined) return undefined;
  const functions = candidates[context];
  if (functions === undefined) {
    placeOf().problem(`unknown context ${context} for ${signal}`, `write one of ${names.join(", ")}`);
    return undefined;
  }
  const settings = { context: CONTEXTS[context], functions, environment, mayOmitContext: group.context !== undefined };
  const conditions = group.conditions.map((one, i) =>
    checkText(placeOf(i), "condition", one, () => compileCondition(one, settings)),
  );
  return conditions.includes(undefined) ? undefined : { context, conditions: conditions as Condition[] };
}

function inferredFrom(
  { conditions }: ConditionGroup,
  candidates: Readonly<Partial<Record<ContextName, FunctionTable>>>,
  placeOf: (index?: number) => Place,
): { readonly context: ContextName | undefined } {
  const readable = conditions.map((one, i) => checkText(placeOf(i), "condition", one, () => parseCondition(one)));
  if (readable.includes(undefined)) return { context: undefined };
  const all = (Object.keys(candidates) as ContextName[]).map((name) => ({
    context: CONTEXTS[name],
    functions: candidates[name]!,
  }));
  const found = inferContext(all, { conditions });
  if (found.context === undefined) {
    const names = Object.keys(candidates).join(", ");
    placeOf().problem(
      `unable to infer a valid context from these conditions: ${found.why}`,
      `begin each path with its context: ${names}`,
    );
  }
  return found;
}
