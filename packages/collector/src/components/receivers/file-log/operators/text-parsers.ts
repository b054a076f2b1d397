/** `json_parser`, `json_array_parser`, `regex_parser`, `csv_parser`, `key_value_parser`, `uri_parser`. */
import { goRegExp } from "@clew/base";
import { anything, boolean, field, optional, section, string } from "../../../../schema/schema.ts";
import { typeName, type ExprValue } from "../../../../expr/value.ts";
import type { MutableMap } from "../entry.ts";
import { setOwn } from "../field.ts";
import { splitCsv, splitPlain, type CsvOptions } from "./csv.ts";
import type { OperatorType } from "./operator.ts";
import { parser, parserFields, type ParserConfig } from "./parser.ts";

function textOf(value: ExprValue, what: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`type ${typeName(value)} cannot be parsed as ${what}`);
}

export const jsonParser: OperatorType<ParserConfig & { readonly parse_ints: boolean }> = {
  type: "json_parser",
  schema: section({
    ...parserFields,
    parse_ints: field(boolean, false, "Whether whole numbers become integers; else all numbers are floats."),
  }),
  create: (config, tools) =>
    parser(config, tools, (value) => {
      const parsed = jsonOf(textOf(value, "JSON"), config.parse_ints);
      if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
      throw new TypeError(`json: cannot unmarshal ${typeName(parsed)} into a map`);
    }),
};

/** `parse_ints` keeps whole numbers of any size exact: they are marked before JSON sees them. */
function jsonOf(text: string, parseInts: boolean): ExprValue {
  if (!parseInts) return JSON.parse(text) as ExprValue;
  const marked = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => {
    if (token.startsWith('"')) return token.replace(/^"/, '"\\u0001');
    return /^-?\d+$/.test(token) ? `"\\u0002${token}"` : token;
  });
  return unmarked(JSON.parse(marked) as ExprValue);
}

function unmarked(value: ExprValue): ExprValue {
  if (typeof value === "string") return value.startsWith("\u0002") ? BigInt(value.slice(1)) : value.slice(1);
  if (Array.isArray(value)) return value.map((one) => unmarked(one as ExprValue));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const map: MutableMap = {};
  for (const [key, inner] of Object.entries(value)) setOwn(map, key.slice(1), unmarked(inner));
  return map;
}

export const jsonArrayParser: OperatorType<ParserConfig & { readonly header: string }> = {
  type: "json_array_parser",
  schema: section({ ...parserFields, header: field(string, "", "Names for the items, parted by commas.") }),
  create(config, tools) {
    const names = config.header === "" ? [] : config.header.split(",");
    return parser(config, tools, (value) => {
      const items = jsonOf(textOf(value, "JSON array"), false);
      if (!Array.isArray(items)) throw new TypeError("expected a JSON array");
      return names.length === 0 ? (items as ExprValue) : named(names, items as ExprValue[]);
    });
  },
};

export const regexParser: OperatorType<ParserConfig & { readonly regex: string; readonly cache: unknown }> = {
  type: "regex_parser",
  schema: section({
    ...parserFields,
    regex: field(string, "", "RE2's syntax; its named groups are the parts."),
    cache: field(optional(anything), undefined, "Accepted; nothing is cached."),
  }),
  create(config, tools) {
    if (config.regex === "") throw new TypeError("missing required field 'regex'");
    const pattern = goRegExp(config.regex);
    if (!/\(\?P?<\w+>/.test(config.regex)) {
      throw new TypeError("no named capture groups in regex pattern; use named capture groups like '(?P<my_key>.*)'");
    }
    return parser(config, tools, (value) => {
      if (typeof value !== "string") throw new TypeError(`type '${typeName(value)}' cannot be parsed as regex`);
      const match = pattern.exec(value);
      if (match === null) throw new TypeError("regex pattern does not match");
      const parts: MutableMap = {};
      for (const [name, part] of Object.entries(match.groups ?? {})) setOwn(parts, name, part ?? "");
      return parts;
    });
  },
};

interface CsvConfig extends ParserConfig, CsvOptions {
  readonly header: string;
  readonly header_attribute: string;
  readonly header_delimiter: string;
}

export const csvParser: OperatorType<CsvConfig> = {
  type: "csv_parser",
  schema: section<CsvConfig>({
    ...parserFields,
    header: field(string, "", "The names of the columns."),
    header_attribute: field(string, "", "The attribute with the names of the columns."),
    delimiter: field(string, ",", "Stands between columns."),
    header_delimiter: field(string, "", "Stands between names; by default the same."),
    lazy_quotes: field(boolean, false, "Whether quotes may stand in columns without quotes."),
    ignore_quotes: field(boolean, false, "Whether quotes mean nothing."),
  }),
  create(config, tools) {
    const { header, header_attribute: attribute, delimiter } = config;
    if ((header === "") === (attribute === "")) {
      throw new TypeError("only one header parameter can be set: 'header' or 'header_attribute'");
    }
    if (delimiter.length !== 1) throw new TypeError(`invalid 'delimiter': '${delimiter}'`);
    if (config.lazy_quotes && config.ignore_quotes) {
      throw new TypeError("only one of 'ignore_quotes' or 'lazy_quotes' can be true");
    }
    const namesOf = (text: string): string[] => text.split(config.header_delimiter || delimiter);
    const fixed = namesOf(header);
    return parser(config, tools, (value, entry) => {
      const columns = (config.ignore_quotes ? splitPlain : splitCsv)(textOf(value, "csv"), config);
      if (attribute === "") return named(fixed, columns);
      const names = entry.attributes[attribute];
      if (typeof names !== "string") throw new TypeError(`failed to read dynamic header attribute ${attribute}`);
      return named(namesOf(names), columns);
    });
  },
};

function named(names: readonly string[], values: readonly ExprValue[]): MutableMap {
  if (names.length !== values.length) {
    throw new TypeError(`wrong number of fields: expected ${names.length}, found ${values.length}`);
  }
  const map: MutableMap = {};
  for (const [i, name] of names.entries()) setOwn(map, name, values[i]);
  return map;
}

interface KeyValueConfig extends ParserConfig {
  readonly delimiter: string;
  readonly pair_delimiter: string;
}

export const keyValueParser: OperatorType<KeyValueConfig> = {
  type: "key_value_parser",
  schema: section<KeyValueConfig>({
    ...parserFields,
    delimiter: field(string, "=", "Stands between key and value."),
    pair_delimiter: field(string, " ", "Stands between pairs."),
  }),
  create(config, tools) {
    const { delimiter, pair_delimiter: between } = config;
    if (delimiter === between) throw new TypeError("delimiter and pair_delimiter cannot be the same value");
    if (delimiter === "") throw new TypeError("delimiter is a required parameter");
    return parser(config, tools, (value) => {
      const text = textOf(value, "key value pairs");
      if (text === "") throw new TypeError(`parse from field ${config.parse_from.text} is empty`);
      const map: MutableMap = {};
      for (const pair of splitPairs(text, between === "" ? " " : between)) {
        const at = pair.indexOf(delimiter);
        if (at < 0) throw new TypeError(`cannot split ${JSON.stringify(pair)} into 2 items, got 1 item(s)`);
        setOwn(map, pair.slice(0, at).trim(), pair.slice(at + delimiter.length).trim());
      }
      return map;
    });
  },
};

/** Quotes keep what they hold together, and are taken off. */
function splitPairs(text: string, between: string): string[] {
  const pairs: string[] = [];
  let [current, quote, isEscaped] = ["", "", false];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quote === "" && text.startsWith(between, i)) {
      if (current !== "") pairs.push(current);
      current = "";
      i += between.length - 1;
      continue;
    }
    const isQuote = !isEscaped && (quote === "" ? character === '"' || character === "'" : character === quote);
    if (isQuote) {
      quote = quote === "" ? character : "";
      continue;
    }
    isEscaped = !isEscaped && character === "\\";
    current += character;
  }
  if (quote !== "") throw new TypeError("never reached the end of a quoted value");
  if (current !== "") pairs.push(current);
  return pairs;
}

const URI =
  /^(?:([a-zA-Z][\w+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?)?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s;

export const uriParser: OperatorType<ParserConfig> = {
  type: "uri_parser",
  schema: section(parserFields),
  create: (config, tools) =>
    parser(config, tools, (value) => {
      const match = URI.exec(textOf(value, "URI"));
      if (match === null) throw new TypeError("invalid URI for request");
      const [, scheme, user, host, port, path, query] = match;
      const parts = { scheme, user: user?.split(":", 1)[0], host: host?.replace(/^\[|\]$/g, ""), port, path };
      const map: MutableMap = Object.fromEntries(Object.entries(parts).filter(([, part]) => part));
      if (!query) return map;
      const parameters: Record<string, ExprValue[]> = {};
      for (const [name, one] of new URLSearchParams(query)) (parameters[name] ??= []).push(one);
      return { ...map, query: parameters };
    }),
};
