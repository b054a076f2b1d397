/** Makes conditions ready to be asked, on the kind of record that they name. */
import type { Signal } from "@clew/otlp";
import type { ErrorMode } from "../../../ottl/condition-list.ts";
import { CONTEXTS, type ContextName } from "../../../ottl/contexts.ts";
import type { Environment } from "../../../ottl/function-definition.ts";
import { conditionFunctions } from "../../../ottl/functions/condition-functions.ts";
import { inferContext } from "../../../ottl/infer-context.ts";
import { parseCondition } from "../../../ottl/parser.ts";
import { compileCondition, type Condition } from "../../../ottl/statement.ts";
import { checkText } from "../../../ottl/texts-schema.ts";
import type { Place } from "../../../schema/place.ts";

export interface ConditionGroup {
  readonly context: ContextName | undefined;
  readonly error_mode: ErrorMode | undefined;
  readonly conditions: readonly string[];
}

const CANDIDATES: Readonly<Record<Signal, readonly ContextName[]>> = {
  traces: ["resource", "scope", "span", "spanevent"],
  metrics: ["resource", "scope", "metric", "datapoint"],
  logs: ["resource", "scope", "log"],
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
  const names = CANDIDATES[signal];
  const inferred = group.context === undefined ? inferredFrom(group, names, placeOf) : { context: group.context };
  const { context } = inferred;
  if (context === undefined) return undefined;
  if (!names.includes(context)) {
    placeOf().problem(`unknown context ${context} for ${signal}`, `write one of ${names.join(", ")}`);
    return undefined;
  }
  const functions = conditionFunctions(context);
  const settings = { context: CONTEXTS[context], functions, environment, mayOmitContext: group.context !== undefined };
  const conditions = group.conditions.map((one, i) =>
    checkText(placeOf(i), "condition", one, () => compileCondition(one, settings)),
  );
  return conditions.includes(undefined) ? undefined : { context, conditions: conditions as Condition[] };
}

function inferredFrom(
  { conditions }: ConditionGroup,
  names: readonly ContextName[],
  placeOf: (index?: number) => Place,
): { readonly context: ContextName | undefined } {
  const readable = conditions.map((one, i) => checkText(placeOf(i), "condition", one, () => parseCondition(one)));
  if (readable.includes(undefined)) return { context: undefined };
  const all = names.map((name) => ({ context: CONTEXTS[name], functions: conditionFunctions(name) }));
  const found = inferContext(all, { conditions });
  if (found.context === undefined) {
    placeOf().problem(
      `unable to infer a valid context from these conditions: ${found.why}`,
      `begin each path with its context: ${names.join(", ")}`,
    );
  }
  return found;
}
