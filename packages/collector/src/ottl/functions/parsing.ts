/** Converters that take texts apart. */
import type { Value } from "@clew/otlp";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { fmtValue } from "../format/fmt.ts";
import { OttlError } from "../ottl-error.ts";
import { goType, type OttlValue } from "../ottl-value.ts";
import { map, optional, string, text, value } from "../parameters.ts";
import { quote } from "../quoted.ts";
import { readCsvRow } from "./csv.ts";
import { delimitersOf } from "./lists.ts";

const parseJson = define("ParseJSON", { target: string }, (args) => (context) => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(args.target(context));
  } catch (cause) {
    throw new OttlError("could not parse JSON", { cause });
  }
  if (typeof parsed === "object" && parsed !== null) return fromJson(parsed);
  const type =
    parsed === null ? "<nil>" : { string: "string", number: "float64", boolean: "bool" }[typeof parsed as "string"];
  throw new OttlError(`could not convert parsed value of type ${type} to JSON object`);
});

/** All numbers are floats, as Go reads them. */
function fromJson(json: unknown): Value {
  if (Array.isArray(json)) return json.map((one) => fromJson(one));
  if (typeof json !== "object" || json === null) return json as null | string | number | boolean;
  return new Map(Object.entries(json).map(([key, one]) => [key, fromJson(one)]));
}

const parseKeyValue = define(
  "ParseKeyValue",
  { target: string, delimiter: optional(text), pairDelimiter: optional(text) },
  (args) => {
    const [delimiter, pairDelimiter] = delimitersOf(args.delimiter, args.pairDelimiter);
    return (context) => {
      const source = args.target(context);
      if (source === "") throw new OttlError("cannot parse from empty target");
      return new Map(pairsOf(source, pairDelimiter).map((pair) => keyAndValue(pair, delimiter)));
    };
  },
);

function keyAndValue(pair: string, delimiter: string): [string, string] {
  const at = pair.indexOf(delimiter);
  if (at < 0) {
    throw new OttlError(
      `failed to split pairs into key-values: cannot split ${quote(pair)} into 2 items, got 1 item(s)`,
    );
  }
  return [pair.slice(0, at).trim(), pair.slice(at + delimiter.length).trim()];
}

/** Parts a text at the delimiters that are not in quotes; quotes are taken away unless a backslash stands before. */
function pairsOf(source: string, delimiter: string): string[] {
  const pairs: string[] = [];
  let current = "";
  let quoteMark = "";
  let isEscaped = false;
  for (let i = 0; i < source.length; i++) {
    const character = source[i]!;
    if (quoteMark === "" && source.startsWith(delimiter, i)) {
      if (current !== "") pairs.push(current);
      current = "";
      i += delimiter.length - 1;
      continue;
    }
    if (!isEscaped) {
      if (quoteMark === "" && (character === '"' || character === "'")) {
        quoteMark = character;
        continue;
      }
      if (character === quoteMark) {
        quoteMark = "";
        continue;
      }
    }
    isEscaped = !isEscaped && character === "\\";
    current += character;
  }
  if (quoteMark !== "") {
    throw new OttlError(`splitting source ${quote(source)} into pairs failed: never reached the end of a quoted value`);
  }
  return current === "" ? pairs : [...pairs, current];
}

const parseCsv = define(
  "ParseCSV",
  {
    target: string,
    header: string,
    delimiter: optional(text),
    headerDelimiter: optional(text),
    mode: optional(text),
  },
  (args) => {
    const { delimiter = ",", mode = "strict" } = args;
    const headerDelimiter = args.headerDelimiter ?? delimiter;
    if (Array.from(delimiter).length !== 1)
      throw new OttlError("invalid arguments: delimiter must be a single character");
    if (Array.from(headerDelimiter).length !== 1) {
      throw new OttlError("invalid arguments: header_delimiter must be a single character");
    }
    if (!["strict", "lazyQuotes", "ignoreQuotes"].includes(mode)) throw new OttlError(`unknown mode: ${mode}`);
    return (context) => {
      const row = args.target(context);
      const header = args.header(context);
      if (header === "") throw new OttlError("headers must not be an empty string");
      const names = header.split(headerDelimiter);
      const fields = mode === "ignoreQuotes" ? row.split(delimiter) : readCsvRow(row, delimiter, mode === "lazyQuotes");
      if (fields.length !== names.length) {
        throw new OttlError(
          `map csv headers: wrong number of fields: expected ${names.length}, found ${fields.length}`,
        );
      }
      return new Map(names.map((name, i) => [name, fields[i]!]));
    };
  },
);

/** The status codes that a placeholder stands for. */
const PLACEHOLDERS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  "2xx": [200n, 299n],
  "3xx": [300n, 399n],
  "4xx": [400n, 499n],
  "5xx": [500n, 599n],
};

interface Criterion {
  readonly equals: readonly string[];
  readonly range: readonly [bigint, bigint] | undefined;
}

const parseSeverity = define("ParseSeverity", { target: value, mapping: map }, (args) => {
  if (args.mapping.constant === undefined) throw new OttlError("severity mapping must be a literal PMap");
  const levels = [...args.mapping.constant.value].map(([level, criteria]) => {
    if (!Array.isArray(criteria)) throw new OttlError("severity mapping criteria must be []any");
    return [level, (criteria as Value[]).map((one) => criterionOf(one))] as const;
  });
  return (context) => {
    const one = args.target(context);
    if (typeof one !== "string" && typeof one !== "bigint") {
      const why = `unsupported value type: ${goType(one)}`;
      throw new OttlError(`could not map log level: could not evaluate log level of value '${fmtValue(one)}': ${why}`);
    }
    const found = levels.find(([, criteria]) => criteria.some((criterion) => fits(criterion, one)));
    if (found !== undefined) return found[0];
    throw new OttlError(`could not map log level: no matching log level found for value '${fmtValue(one)}'`);
  };
});

function fits({ equals, range }: Criterion, one: string | bigint): boolean {
  if (typeof one === "string") return equals.includes(one);
  return range !== undefined && one >= range[0] && one <= range[1];
}

function criterionOf(given: Value): Criterion {
  if (!(given instanceof Map)) throw new OttlError("severity mapping criteria items must be map[string]any");
  const fault = (why: string): OttlError => new OttlError(`invalid severity mapping criteria: ${why}`);
  const equals: Value = (given.get("equals") as Value | undefined) ?? [];
  if (!Array.isArray(equals)) throw fault("equals must be a list");
  if (!equals.every((one) => typeof one === "string")) throw fault("equals values must be strings");
  const range = given.get("range") as Value | undefined;
  if (range === undefined) return { equals, range };
  if (typeof range === "string") {
    const known = PLACEHOLDERS[range];
    if (known === undefined) throw fault(`unknown range placeholder: ${range}`);
    return { equals, range: known };
  }
  if (!(range instanceof Map)) throw fault("range must be a map or a known placeholder string");
  const [min, max] = ["min", "max"].map((end) => {
    const limit = range.get(end) as OttlValue | undefined;
    if (limit === undefined) throw fault(`range must have a ${end} value`);
    if (typeof limit !== "bigint") throw fault(`${end} must be an int64`);
    return limit;
  });
  return { equals, range: [min!, max!] };
}

export const PARSING_CONVERTERS: readonly FunctionDefinition[] = [parseCsv, parseJson, parseKeyValue, parseSeverity];
