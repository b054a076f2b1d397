/** Expressions over entries, and texts with `EXPR(…)` in them. */
import { ClewError } from "@clew/base";
import { compileExpression, type Expression } from "../../../expr/expression.ts";
import type { ExprValue } from "../../../expr/value.ts";
import { optional, string, type Schema } from "../../../schema/schema.ts";
import type { Entry } from "./entry.ts";

const VARIABLES = ["$", "body", "attributes", "resource", "timestamp", "severity_text", "severity_number"];

export type Environment = Readonly<Record<string, string | undefined>>;

/** Gives the value of an expression for an entry. Throws where its operands do not fit. */
export type EntryExpression = (entry: Entry, environment: Environment) => ExprValue;

export function entryExpression(source: string): EntryExpression {
  const run: Expression = compileExpression(source, VARIABLES);
  return (entry, environment) => run({ variable: (name) => variableOf(entry, environment, name) });
}

function variableOf(entry: Entry, environment: Environment, name: string): ExprValue {
  switch (name) {
    case "$":
    case "body":
      return entry.body;
    case "attributes":
      return entry.attributes;
    case "resource":
      return entry.resource;
    case "timestamp":
      return entry.timeUnixNano;
    case "severity_text":
      return entry.severityText;
    case "severity_number":
      return BigInt(entry.severityNumber);
    default:
      return environment[name.slice("env ".length)] ?? "";
  }
}

export const expression: Schema<EntryExpression> = {
  type: "expression",
  read(raw, place) {
    const source = string.read(raw, place);
    try {
      return entryExpression(source === "" ? "nil" : source);
    } catch (error) {
      if (!(error instanceof ClewError)) throw error;
      place.problem(`failed to compile expression '${source}': ${error.what}`, error.remedy);
      return () => undefined;
    }
  },
};

export const optionalExpression: Schema<EntryExpression | undefined> = optional(expression);

/** A text whose parts in `EXPR(…)` are expressions. */
export function expressionText(source: string): EntryExpression {
  if (!source.includes("EXPR(")) return () => source;
  const parts: (string | EntryExpression)[] = [];
  let rest = source;
  for (let at = rest.indexOf("EXPR("); at >= 0; at = rest.indexOf("EXPR(")) {
    const end = closing(rest, at + "EXPR(".length);
    parts.push(rest.slice(0, at), entryExpression(rest.slice(at + "EXPR(".length, end)));
    rest = rest.slice(end + 1);
  }
  parts.push(rest);
  return (entry, environment) =>
    parts.map((part) => (typeof part === "string" ? part : textOf(part(entry, environment)))).join("");
}

function textOf(value: ExprValue): string {
  if (typeof value === "string") return value;
  throw new TypeError(`expression returned non-string ${JSON.stringify(value)}`);
}

/** Where the bracket that is open at `from` closes; at the end where it does not. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i;
  }
  return text.length;
}
