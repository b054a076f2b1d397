/** What operators share that read a value into parts. */
import { field, optional, type Fields } from "../../../../schema/schema.ts";
import type { ExprValue } from "../../../../expr/value.ts";
import type { Entry } from "../entry.ts";
import { entryField, type EntryField } from "../field.ts";
import { operatorFields, transformer, type Operator, type OperatorConfig, type OperatorTools } from "./operator.ts";
import { severityConfig, severitySetter, type SeverityConfig } from "./severity-parser.ts";
import { timeConfig, timeSetter, type TimeConfig } from "./time-parser.ts";
import {
  scopeNameConfig,
  scopeNameSetter,
  traceConfig,
  traceSetter,
  type ScopeNameConfig,
  type TraceConfig,
} from "./trace-parser.ts";

export interface ParserConfig extends OperatorConfig {
  readonly parse_from: EntryField;
  readonly parse_to: EntryField;
  readonly timestamp: TimeConfig | undefined;
  readonly severity: SeverityConfig | undefined;
  readonly trace: TraceConfig | undefined;
  readonly scope_name: ScopeNameConfig | undefined;
}

export const parserFields: Fields<ParserConfig> = {
  ...operatorFields,
  parse_from: field(entryField, "body", "What is read."),
  parse_to: field(entryField, "attributes", "Where the parts go."),
  timestamp: field(optional(timeConfig), undefined, "Which part is the time."),
  severity: field(optional(severityConfig), undefined, "Which part is the severity."),
  trace: field(optional(traceConfig), undefined, "Which parts are ids of trace and span."),
  scope_name: field(optional(scopeNameConfig), undefined, "Which part is the scope's name."),
};

/** An operator that puts what `parse` makes of a value into the entry. */
export function parser(
  config: ParserConfig,
  tools: OperatorTools,
  parse: (value: ExprValue, entry: Entry) => ExprValue,
): Operator {
  return transformer(config, tools, parsing(config, tools, parse));
}

/** The same as a function. All embedded settings are tried, then the first fault is told. */
export function parsing(
  config: ParserConfig,
  tools: OperatorTools,
  parse: (value: ExprValue, entry: Entry) => ExprValue,
): (entry: Entry) => void {
  const { parse_from: from, parse_to: to } = config;
  const setters = [
    ...(config.timestamp === undefined ? [] : [timeSetter(config.timestamp, () => tools.clock.nowMs())]),
    ...(config.severity === undefined ? [] : [severitySetter(config.severity)]),
    ...(config.trace === undefined ? [] : [traceSetter(config.trace)]),
    ...(config.scope_name === undefined ? [] : [scopeNameSetter(config.scope_name)]),
  ];
  return (entry) => {
    const value = from.get(entry);
    if (value === undefined) throw new TypeError("Entry is missing the expected parse_from field.");
    to.set(entry, parse(value, entry));
    let fault: unknown;
    for (const set of setters) {
      try {
        set(entry);
      } catch (error) {
        fault ??= error;
      }
    }
    if (fault !== undefined) throw fault;
  };
}
