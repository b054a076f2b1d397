/** Severities in entries, by presets and mappings. */
import { boolean, field, oneOf, recordOf, section, type Fields, type Schema } from "../../../../schema/schema.ts";
import { isMap, typeName, type ExprValue } from "../../../../expr/value.ts";
import { plainOf } from "../../../../schema/expanded.ts";
import type { Place } from "../../../../schema/place.ts";
import type { Entry } from "../entry.ts";
import { entryField, type EntryField } from "../field.ts";
import { severityName } from "../write-logs.ts";
import { operatorFields, transformer, type OperatorConfig, type OperatorType } from "./operator.ts";

// value as text, in lower case --> severity number
type Mapping = ReadonlyMap<string, number>;

export interface SeverityConfig {
  readonly parse_from: EntryField;
  readonly preset: "default" | "otel" | "aliases" | "none";
  readonly mapping: Mapping;
  readonly overwrite_text: boolean;
}

const NAMES = ["trace", "debug", "info", "warn", "error", "fatal"];

function aliases(): Map<string, number> {
  const mapping = new Map<string, number>();
  for (let number = 1; number <= 24; number++) {
    mapping.set(severityName(number).toLowerCase(), number).set(String(number), number);
  }
  return mapping;
}

function preset(name: SeverityConfig["preset"]): Map<string, number> {
  if (name === "none") return new Map();
  const mapping = aliases();
  if (name !== "default") return mapping;
  for (let step = 0; step < 4; step++) {
    const suffix = step === 0 ? "" : String(step + 1);
    mapping.set(`warning${suffix}`, 13 + step).set(`err${suffix}`, 17 + step);
  }
  return mapping;
}

const mapping: Schema<Mapping> = {
  type: "map of severity to values",
  read(raw, place) {
    const read = new Map<string, number>();
    for (const [name, values] of Object.entries(recordOf(raw, place))) {
      const number = aliases().get(name.toLowerCase());
      if (number === undefined) place.at(name).problem("not a severity", `write ${NAMES.join(", ")}, or info2`);
      else for (const text of textsOf(values, place.at(name))) read.set(text, number);
    }
    return read;
  },
};

function textsOf(raw: unknown, place: Place): string[] {
  const value = plainOf(raw);
  if (Array.isArray(value)) return value.flatMap((one, i) => textsOf(one, place.at(i)));
  if (typeof value === "number") return [String(value)];
  if (typeof value === "string") {
    const hundred = /^([2-5])xx$/.exec(value);
    return hundred === null ? [value.toLowerCase()] : range(Number(hundred[1]) * 100, Number(hundred[1]) * 100 + 99);
  }
  if (isMap(value) && typeof value["min"] === "number" && typeof value["max"] === "number") {
    return range(Math.min(value["min"], value["max"]), Math.max(value["min"], value["max"]));
  }
  place.problem(
    `${JSON.stringify(value)} cannot be parsed as a severity`,
    'write a text, a number, "5xx" or "{min: 1, max: 5}"',
  );
  return [];
}

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_none, i) => String(from + i));
}

export const severityFields: Fields<SeverityConfig> = {
  parse_from: field(entryField, "", "Where the severity stands."),
  preset: field(oneOf("default", "otel", "aliases", "none"), "default", "Which values are known."),
  mapping: field(mapping, undefined, "More values for severities."),
  overwrite_text: field(boolean, false, "Whether the severity's text becomes its usual name."),
};

export const severityConfig: Schema<SeverityConfig> = section<SeverityConfig>(severityFields);

export const severityParser: OperatorType<OperatorConfig & SeverityConfig> = {
  type: "severity_parser",
  schema: section({ ...operatorFields, ...severityFields }),
  create: (config, tools) => transformer(config, tools, severitySetter(config)),
};

export function severitySetter(config: SeverityConfig): (entry: Entry) => void {
  const numbers = new Map([...preset(config.preset), ...config.mapping]);
  return (entry) => {
    const value = config.parse_from.get(entry);
    if (value === undefined) throw new TypeError("log entry does not have the expected parse_from field");
    const text = severityText(value);
    const number = numbers.get(text.toLowerCase()) ?? 0;
    entry.severityNumber = number;
    entry.severityText = config.overwrite_text && number > 0 ? severityName(number) : text;
  };
}

function severityText(value: ExprValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return String(value);
  throw new TypeError(`parse: type ${typeName(value)} cannot be a severity`);
}
