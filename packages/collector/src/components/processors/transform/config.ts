import type { Signal } from "@clew/otlp";
import { CONTEXTS, type ContextName } from "../../../ottl/contexts.ts";
import { ERROR_MODES, type ErrorMode } from "../../../ottl/condition-list.ts";
import { CHECK_ENVIRONMENT } from "../../../ottl/texts-schema.ts";
import { boolean, field, list, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";
import { plainOf } from "../../../schema/expanded.ts";
import type { Place } from "../../../schema/place.ts";
import { compileGroup } from "./compile-group.ts";

export interface GroupConfig {
  readonly context: ContextName | undefined;
  readonly error_mode: ErrorMode | undefined;
  readonly shared_cache: boolean;
  readonly conditions: readonly string[];
  readonly statements: readonly string[];
}

export interface TransformConfig {
  readonly error_mode: ErrorMode;
  readonly trace_statements: readonly GroupConfig[];
  readonly metric_statements: readonly GroupConfig[];
  readonly log_statements: readonly GroupConfig[];
  readonly flatten: { readonly log: boolean };
}

const contextNames = Object.keys(CONTEXTS) as ContextName[];

const group: Schema<GroupConfig> = section<GroupConfig>({
  context: field(
    optional(oneOf(...contextNames)),
    undefined,
    "On which kind of record the statements run. Found out from their paths where it is missing; given, paths may do without their context's name.",
  ),
  error_mode: field(optional(oneOf(...ERROR_MODES)), undefined, "The processor's, unless something is written here."),
  shared_cache: field(
    boolean,
    false,
    "Whether the cache is shared by all records of a batch and all groups that say so.",
  ),
  conditions: field(
    list(string),
    undefined,
    "One of these must hold for a record, or none of the statements runs on it.",
  ),
  statements: field(list(string), undefined, "What to do, in this order."),
});

/** Statements alone, or groups of them with settings of their own. */
function groups(signal: Signal): Schema<readonly GroupConfig[]> {
  const inner = list(group);
  return {
    type: "list of statement, or of section",
    item: group,
    json: { type: "array", items: { type: ["string", "object"] } },
    read(raw, place) {
      const given = plainOf(raw);
      const items = Array.isArray(given) ? given : [];
      const isBasic = items.length > 0 && items.every((one) => typeof plainOf(one) === "string");
      if (!isBasic && items.some((one) => typeof plainOf(one) === "string")) {
        place.problem(
          "configuring multiple configuration styles is not supported, please use only Basic configuration or only Advanced configuration",
        );
        return [];
      }
      const read = isBasic
        ? [group.read({ statements: list(string).read(raw, place) }, place)]
        : inner.read(raw, place);
      for (const [i, one] of read.entries()) checkGroup(one, signal, isBasic ? place : place.at(i), isBasic);
      return read;
    },
  };
}

function checkGroup(config: GroupConfig, signal: Signal, place: Place, isBasic: boolean): void {
  compileGroup(config, signal, CHECK_ENVIRONMENT, (kind, index) => {
    if (kind === undefined) return place;
    return isBasic ? place.at(index) : place.at(kind).at(index);
  });
}

const doc = (signal: string): string =>
  `What to do with ${signal}: statements, or groups of them with settings of their own.`;

export const schema: Schema<TransformConfig> = section<TransformConfig>({
  error_mode: field(
    oneOf(...ERROR_MODES),
    "ignore",
    "What becomes of a statement's error: `ignore` logs it and goes on with the next, `silent` only goes on, `propagate` refuses the batch.",
  ),
  trace_statements: field(groups("traces"), undefined, doc("spans and their events")),
  metric_statements: field(groups("metrics"), undefined, doc("metrics and their data points")),
  log_statements: field(groups("logs"), undefined, doc("log records")),
  flatten: field(
    section({
      log: field(
        boolean,
        false,
        "Whether each log record gets a resource and a scope of its own before the statements run; equal ones are joined again afterwards.",
      ),
    }),
    undefined,
    "Whether records are taken out of their groups.",
  ),
});
