/** Runs statements on telemetry that is written as OTLP/JSON. */
import { payloadBytes, payloadOfJson, PROTOCOLS, TelemetryView, toJson, type Client, type Signal } from "@clew/otlp";
import { Context } from "./context.ts";
import { CONTEXTS, type ContextName } from "./contexts.ts";
import type { Environment } from "./function-definition.ts";
import { SPAN_STANDARD_FUNCTIONS, STANDARD_FUNCTIONS } from "./functions/standard-functions.ts";
import { OttlError } from "./ottl-error.ts";
import { compileStatement, OttlTextError } from "./statement.ts";
import { consoleLogger } from "../telemetry/logger.ts";
import { pointsOf } from "@clew/otlp";

export const KIT_ENVIRONMENT: Environment = {
  nowMs: () => Date.UTC(2024, 5, 1, 12),
  random: () => 0.5,
  logger: consoleLogger({ write: () => {}, nowMs: () => 0 }),
};

const SIGNAL_OF: Readonly<Record<ContextName, Signal>> = {
  resource: "traces",
  scope: "traces",
  span: "traces",
  spanevent: "traces",
  metric: "metrics",
  datapoint: "metrics",
  exemplar: "metrics",
  log: "logs",
};

export interface Run {
  /** For each statement: nothing, `no match`, or why it failed. */
  readonly outcomes: string[];
  readonly data: unknown;
}

/** Runs the statements on the first record of that kind, each by itself, and reads the whole back. */
export function runStatements(name: ContextName, json: unknown, statements: readonly string[], client?: Client): Run {
  const view = new TelemetryView(payloadOfJson(SIGNAL_OF[name], JSON.stringify(json)));
  const context = firstContext(name, view);
  context.client = client;
  const outcomes = statements.map((text) => runOne(name, context, text));
  const payload = view.payload();
  return {
    outcomes,
    data: payload === undefined ? undefined : toJson(PROTOCOLS[view.signal].request, payloadBytes(payload)),
  };
}

function firstContext(name: ContextName, view: TelemetryView): Context {
  const context = new Context();
  context.resources = view.resources[0]!;
  context.scopes = view.scopesOf(context.resources)[0]!;
  context.record = view.recordsOf(context.scopes)[0]!;
  if (name === "spanevent") context.item = context.record.many("events")[0]!;
  if (name === "datapoint" || name === "exemplar") context.item = pointsOf(context.record)[0]!;
  if (name === "exemplar") context.exemplar = context.item.many("exemplars")[0]!;
  return context;
}

function runOne(name: ContextName, context: Context, text: string): string {
  try {
    const functions = name === "span" || name === "spanevent" ? SPAN_STANDARD_FUNCTIONS : STANDARD_FUNCTIONS;
    const statement = compileStatement(text, {
      context: CONTEXTS[name],
      functions,
      environment: KIT_ENVIRONMENT,
      mayOmitContext: false,
    });
    statement.run(context);
    return statement.outcome.matched === 0 ? "no match" : "";
  } catch (error) {
    if (error instanceof OttlTextError) return `parse: ${error.message}`;
    if (error instanceof OttlError) return `run: ${error.message}`;
    throw error;
  }
}
