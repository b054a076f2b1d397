/** Runs statements on telemetry that is written as OTLP/JSON. */
import {
  payloadBytes,
  payloadOfJson,
  pointsOf,
  PROTOCOLS,
  TelemetryView,
  toJson,
  type Client,
  type Signal,
} from "@clew/otlp";
import { Context } from "./context.ts";
import { CONTEXTS, type ContextName } from "./contexts.ts";
import type { Environment } from "./function-definition.ts";
import { SPAN_STANDARD_FUNCTIONS, STANDARD_FUNCTIONS } from "./functions/standard-functions.ts";
import { OttlError } from "./ottl-error.ts";
import { isMap, Duration, Id, Messages, Time, type OttlValue } from "./ottl-value.ts";
import { compileCondition, compileStatement, compileValue, OttlTextError } from "./statement.ts";
import type { CompilerSettings } from "./compiler.ts";
import { consoleLogger } from "../telemetry/logger.ts";

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

const SPAN: CompilerSettings = {
  context: CONTEXTS.span,
  functions: SPAN_STANDARD_FUNCTIONS,
  environment: KIT_ENVIRONMENT,
  mayOmitContext: false,
};

function spanContext(json: unknown): Context {
  return firstContext("span", new TelemetryView(payloadOfJson("traces", JSON.stringify(json))));
}

/** What an expression gives on a span, or why it gives nothing. */
export function evaluate(text: string, json: unknown): string[] {
  return told(() => `=> ${shown(compileValue(text, SPAN)(spanContext(json)))}`);
}

/** Whether a condition holds for a span. */
export function holds(text: string, json: unknown): string[] {
  return told(() => `=> ${String(compileCondition(text, SPAN).holds(spanContext(json)))}`);
}

/** What a statement changes of a span, its scope and resource. */
export function changesOf(text: string, json: unknown): string[] {
  const before = flat(runStatements("span", json, []).data);
  let after = before;
  const problems = told(() => {
    const { outcomes, data } = runStatements("span", json, [text]);
    after = flat(data);
    const [problem = ""] = outcomes;
    return problem.startsWith("no") || problem === "" ? problem && `=> ${problem}` : problem.replace(/^\w+: /, "! ");
  });
  const changed = [...after].filter(([path, value]) => before.get(path) !== value);
  const gone = [...before.keys()].filter((path) => !after.has(path));
  return [
    ...problems.flatMap((one) => (one === "" ? [] : one.split("\n"))),
    ...changed.map(([path, value]) => `=> ${path} = ${value}`),
    ...gone.map((path) => `=> ${path} is gone`),
  ];
}

function told(run: () => string): string[] {
  try {
    return run().split("\n");
  } catch (error) {
    if (!(error instanceof OttlTextError) && !(error instanceof OttlError)) throw error;
    return `! ${error.message}`.split("\n");
  }
}

/** A value as a script shows it: close to how it would be written, with the kind where that cannot be. */
function shown(value: OttlValue): string {
  if (value === null) return "nil";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
  if (value instanceof Time) return `time ${value.unixNano}`;
  if (value instanceof Duration) return `duration ${value.nanos}`;
  if (value instanceof Id) return `id ${Buffer.from(value.bytes).toString("hex")}`;
  if (value instanceof Messages) return `${value.type} of ${value.views.length}`;
  if (Array.isArray(value)) return `[${(value as OttlValue[]).map((one) => shown(one)).join(", ")}]`;
  if (isMap(value)) return `{${[...value].map(([key, one]) => `${JSON.stringify(key)}: ${shown(one)}`).join(", ")}}`;
  return typeof value === "object" ? "a message" : String(value);
}

interface KeyValue {
  readonly key: string;
  readonly value: unknown;
}

/** `path` --> JSON of the first span, its scope and resource; attributes one by one. */
function flat(json: unknown): Map<string, string> {
  const { resourceSpans: [resources] = [] } = json as { resourceSpans?: Record<string, unknown>[] };
  const [scopes] = (resources?.["scopeSpans"] ?? []) as Record<string, unknown>[];
  const [span] = (scopes?.["spans"] ?? []) as Record<string, unknown>[];
  const parts = { resource: resources?.["resource"], scope: scopes?.["scope"], span } as Record<string, object>;
  const found = new Map<string, string>();
  for (const [part, message] of Object.entries(parts)) {
    for (const [field, value] of Object.entries(message ?? {})) {
      if (field !== "attributes") found.set(`${part}.${field}`, JSON.stringify(value));
      else for (const one of value as KeyValue[]) found.set(`${part}.attributes.${one.key}`, JSON.stringify(one.value));
    }
  }
  return found;
}
