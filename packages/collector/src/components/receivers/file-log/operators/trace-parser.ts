/** Ids of traces and spans, and names of scopes, in entries. */
import { field, section, type Fields, type Schema } from "../../../../schema/schema.ts";
import type { Entry } from "../entry.ts";
import { entryField, type EntryField } from "../field.ts";
import { operatorFields, transformer, type OperatorConfig, type OperatorType } from "./operator.ts";

interface From {
  readonly parse_from: EntryField;
}

export interface TraceConfig {
  readonly trace_id: From;
  readonly span_id: From;
  readonly trace_flags: From;
}

const from = (fallback: string): Schema<From> =>
  section<From>({ parse_from: field(entryField, fallback, "Where it stands, in hexadecimal.") });

const traceFields: Fields<TraceConfig> = {
  trace_id: field(from("body.trace_id"), undefined, "The trace."),
  span_id: field(from("body.span_id"), undefined, "The span."),
  trace_flags: field(from("body.trace_flags"), undefined, "The flags."),
};

export const traceConfig: Schema<TraceConfig> = section<TraceConfig>(traceFields);

export const traceParser: OperatorType<OperatorConfig & TraceConfig> = {
  type: "trace_parser",
  schema: section({ ...operatorFields, ...traceFields }),
  create: (config, tools) => transformer(config, tools, traceSetter(config)),
};

export function traceSetter(config: TraceConfig): (entry: Entry) => void {
  return (entry) => {
    entry.traceId = sized(hex(config.trace_id, entry), 16);
    entry.spanId = sized(hex(config.span_id, entry), 8);
    entry.flags = hex(config.trace_flags, entry)?.[0] ?? 0;
  };
}

function hex({ parse_from }: From, entry: Entry): Buffer | undefined {
  const value = parse_from.get(entry);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || !/^(?:[\da-f]{2})*$/i.test(value)) {
    throw new TypeError(`Error decoding traces for logs: ${parse_from.text} is not hexadecimal`);
  }
  return Buffer.from(value, "hex");
}

/** Shorter ids are filled up with zeros, longer ones are cut. Nothing is no id. */
function sized(bytes: Buffer | undefined, length: number): Uint8Array | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  return Buffer.concat([bytes, Buffer.alloc(length)], length);
}

export type ScopeNameConfig = From;

export const scopeNameConfig: Schema<ScopeNameConfig> = from("body");

export const scopeNameParser: OperatorType<OperatorConfig & ScopeNameConfig> = {
  type: "scope_name_parser",
  schema: section({ ...operatorFields, parse_from: field(entryField, "body", "Where the name stands.") }),
  create: (config, tools) => transformer(config, tools, scopeNameSetter(config)),
};

export function scopeNameSetter({ parse_from }: ScopeNameConfig): (entry: Entry) => void {
  return (entry) => {
    const value = parse_from.get(entry);
    if (typeof value !== "string") throw new TypeError(`scope name must be a string: ${parse_from.text}`);
    entry.scopeName = value;
  };
}
