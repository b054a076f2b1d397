/** Routes made ready to be asked. */
import type { Context } from "../../../ottl/context.ts";
import { CONTEXTS, OTELCOL_CONTEXT, type ContextDefinition } from "../../../ottl/contexts.ts";
import {
  defineEditor,
  functionTable,
  type Environment,
  type FunctionTable,
} from "../../../ottl/function-definition.ts";
import { inferContext } from "../../../ottl/infer-context.ts";
import {
  SPAN_STANDARD_FUNCTIONS,
  STANDARD_CONVERTERS,
  STANDARD_FUNCTIONS,
} from "../../../ottl/functions/standard-functions.ts";
import { compileCondition, compileStatement, OttlTextError, type Outcome } from "../../../ottl/statement.ts";
import { checkText } from "../../../ottl/texts-schema.ts";
import type { Place } from "../../../schema/place.ts";
import { requestCondition } from "./request-condition.ts";

/** On what a route is asked: the whole payload by who sent it, or each record of a kind. */
export const ROUTE_CONTEXTS = ["request", "otelcol", "resource", "span", "metric", "datapoint", "log"] as const;
export type RouteContext = (typeof ROUTE_CONTEXTS)[number];

type RecordContext = Exclude<RouteContext, "request" | "otelcol">;
const RECORD_CONTEXTS: readonly RecordContext[] = ["resource", "span", "metric", "datapoint", "log"];

export interface RouteConfig {
  readonly context: RouteContext | undefined;
  readonly statement: string;
  readonly condition: string;
  readonly action: "move" | "copy";
  readonly pipelines: readonly string[];
}

export interface Route {
  readonly context: RouteContext;
  /** Throws `OttlError`. */
  matches(context: Context): boolean;
  readonly outcome: () => Outcome;
}

const EDITORS: FunctionTable = functionTable([defineEditor("route", {}, () => () => {})]);
const FUNCTIONS: FunctionTable = new Map([
  ...STANDARD_CONVERTERS,
  ...EDITORS,
  ...[...STANDARD_FUNCTIONS].filter(([name]) => ["delete_key", "delete_matching_keys"].includes(name)),
]);
const SPAN_FUNCTIONS: FunctionTable = new Map([
  ...FUNCTIONS,
  ...[...SPAN_STANDARD_FUNCTIONS].filter(([name]) => !STANDARD_FUNCTIONS.has(name)),
]);

const functionsOf = (name: RouteContext): FunctionTable => (name === "span" ? SPAN_FUNCTIONS : FUNCTIONS);

/** Faults go to `place`, the route's; undefined where there are any. */
export function compileRoute(config: RouteConfig, environment: Environment, place: Place): Route | undefined {
  const at = place.at(config.statement === "" ? "condition" : "statement");
  const kind = config.statement === "" ? "condition" : "statement";
  if (config.context === "request") return requestRoute(config, place);
  const name = config.context ?? contextOf(config, environment);
  const mayOmitContext = config.context !== undefined || name === "resource";
  return checkText(at, kind, config.statement || config.condition, () =>
    compiled(config, name, environment, mayOmitContext),
  );
}

function requestRoute({ condition, statement }: RouteConfig, place: Place): Route | undefined {
  if (statement !== "") {
    place.problem(`"request" context requires a 'condition'`);
    return undefined;
  }
  const holds = requestCondition(condition);
  if (holds === undefined) {
    place
      .at("condition")
      .problem(
        `condition must have format 'request["<name>"] <comparator> "<value>"'`,
        `or name the header as otelcol.client.metadata["<name>"], without a context`,
      );
    return undefined;
  }
  const outcome = { text: condition, evaluated: 0, matched: 0, changed: 0, errors: 0 };
  return {
    context: "request",
    matches({ client }) {
      outcome.evaluated++;
      const isMatch = holds(client);
      if (isMatch) outcome.matched++;
      return isMatch;
    },
    outcome: () => outcome,
  };
}

/** What the paths begin with; resources where they begin with nothing that is known. */
function contextOf(config: RouteConfig, environment: Environment): Exclude<RouteContext, "request"> {
  try {
    compiled(config, "otelcol", environment, false);
    return "otelcol";
  } catch (error) {
    if (!(error instanceof OttlTextError)) throw error;
  }
  const candidates = RECORD_CONTEXTS.map((name) => ({ context: CONTEXTS[name], functions: functionsOf(name) }));
  try {
    const { context } = inferContext(
      candidates,
      config.statement === "" ? { conditions: [config.condition] } : { statements: [config.statement] },
    );
    return RECORD_CONTEXTS.find((name) => name === context) ?? "resource";
  } catch {
    // It cannot be read, which is told once it is compiled.
    return "resource";
  }
}

/** Throws `OttlTextError`. */
function compiled(
  { statement, condition }: RouteConfig,
  name: Exclude<RouteContext, "request">,
  environment: Environment,
  mayOmitContext: boolean,
): Route {
  const context: ContextDefinition = name === "otelcol" ? OTELCOL_CONTEXT : CONTEXTS[name];
  const settings = { context, functions: functionsOf(name), environment, mayOmitContext };
  if (statement !== "") {
    const made = compileStatement(statement, settings);
    return { context: name, matches: (record) => made.run(record), outcome: () => made.outcome };
  }
  const made = compileCondition(condition, settings);
  return { context: name, matches: (record) => made.holds(record), outcome: () => made.outcome };
}
