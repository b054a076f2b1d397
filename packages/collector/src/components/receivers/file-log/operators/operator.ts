/** What every operator is, and what most of them share. */
import { messageOf, type Clock } from "@clew/base";
import { field, oneOf, optional, string, type Fields, type Schema } from "../../../../schema/schema.ts";
import { plainOf } from "../../../../schema/expanded.ts";
import type { Logger } from "../../../../telemetry/logger.ts";
import type { Entry } from "../entry.ts";
import { optionalExpression, type EntryExpression, type Environment } from "../expression-value.ts";

export type OnError = "send" | "send_quiet" | "drop" | "drop_quiet";

/** Settings of every operator. */
export interface OperatorConfig {
  readonly type: string;
  readonly id: string | undefined;
  readonly output: readonly string[];
  readonly on_error: OnError;
  readonly if: EntryExpression | undefined;
}

/** One name or a list of them. */
const outputs: Schema<readonly string[]> = {
  type: "string, or list of string",
  read(raw, place) {
    const value = plainOf(raw) ?? [];
    return Array.isArray(value) ? value.map((one, i) => string.read(one, place.at(i))) : [string.read(raw, place)];
  },
};

export const operatorFields: Fields<OperatorConfig> = {
  type: field(string, "", "What it does."),
  id: field(optional(string), undefined, "Its name; by default its type."),
  output: field(outputs, undefined, "Where entries go next; by default to the operator below."),
  on_error: field(
    oneOf("send", "send_quiet", "drop", "drop_quiet"),
    "send",
    "What happens to an entry that it cannot work on.",
  ),
  if: field(optionalExpression, undefined, "Entries for which this is not true pass as they are."),
};

/** What operators get from outside. */
export interface OperatorTools {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Hands an entry on, to `ids` where they are given. */
export type Emit = (entry: Entry, ids?: readonly string[]) => void;

export interface Operator {
  process(entry: Entry, emit: Emit): void;
  /** Entries that it holds back. */
  held?(): Iterable<Entry>;
  /** Hands on what it held back for too long by now, or all of it. */
  flush?(emit: Emit, isEnd: boolean): void;
}

/** Reads the settings of an operator and makes it. */
export interface OperatorType<Config extends OperatorConfig> {
  readonly type: string;
  readonly schema: Schema<Config>;
  /** Throws a `ClewError` or `TypeError` for what the schema cannot tell. */
  create(config: Config, tools: OperatorTools): Operator;
}

/** An operator that changes each entry, with `if` and `on_error`. */
export function transformer(config: OperatorConfig, tools: OperatorTools, transform: (entry: Entry) => void): Operator {
  return guarded(config, tools, (entry, emit) => {
    transform(entry);
    emit(entry);
  });
}

/** The same for one that decides itself what it hands on. Nothing may be handed on before it throws. */
export function guarded(config: OperatorConfig, tools: OperatorTools, process: Operator["process"]): Operator {
  const isQuiet = config.on_error.endsWith("_quiet");
  return {
    process(entry, emit) {
      try {
        if (config.if !== undefined && config.if(entry, tools.environment) !== true) return emit(entry);
      } catch (error) {
        return fail(entry, emit, `running if expr: ${messageOf(error)}`);
      }
      try {
        return process(entry, emit);
      } catch (error) {
        return fail(entry, emit, messageOf(error));
      }
    },
  };

  function fail(entry: Entry, emit: Emit, error: string): void {
    const fields = {
      operator_id: config.id ?? config.type,
      operator_type: config.type,
      error,
      action: config.on_error,
    };
    if (isQuiet) tools.logger.debug("Failed to process entry", fields);
    else tools.logger.error("Failed to process entry", fields);
    if (config.on_error.startsWith("send")) emit(entry);
  }
}
