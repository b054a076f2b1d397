/** Operators that change an entry in place. */
import { goRegExp } from "@clew/base";
import { anything, field, list, section, string, type Schema } from "../../../../schema/schema.ts";
import { isMap, typeName, type ExprValue } from "../../../../expr/value.ts";
import type { Entry, MutableMap } from "../entry.ts";
import { entryExpression, expressionText, type EntryExpression } from "../expression-value.ts";
import { entryField, setOwn, type EntryField } from "../field.ts";
import { operatorFields, transformer, type OperatorConfig, type OperatorType } from "./operator.ts";

interface OneField extends OperatorConfig {
  readonly field: EntryField;
}

interface TwoFields extends OperatorConfig {
  readonly from: EntryField;
  readonly to: EntryField;
}

const oneField: Schema<OneField> = section<OneField>({
  ...operatorFields,
  field: field(entryField, "", "What it works on."),
});

const twoFields: Schema<TwoFields> = section<TwoFields>({
  ...operatorFields,
  from: field(entryField, "", "Where from."),
  to: field(entryField, "", "Where to."),
});

export const add: OperatorType<OneField & { readonly value: unknown }> = {
  type: "add",
  schema: section({
    ...operatorFields,
    field: field(entryField, "", "What is set."),
    value: field(anything, undefined, "The value; `EXPR(…)` in a text is an expression."),
  }),
  create(config, tools) {
    const { value } = config;
    const make = typeof value === "string" ? valueMaker(value) : () => structuredClone(valueOf(value));
    return transformer(config, tools, (entry) => config.field.set(entry, make(entry, tools.environment)));
  },
};

/** A text that is one expression may give any value. */
function valueMaker(source: string): EntryExpression {
  const whole = /^EXPR\(([\s\S]*)\)$/.exec(source)?.[1];
  return whole === undefined ? expressionText(source) : entryExpression(whole);
}

/** Whole numbers of YAML are integers. */
function valueOf(value: unknown): ExprValue {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(valueOf);
  if (!isMap(value)) return value as ExprValue;
  const map: MutableMap = {};
  for (const [key, inner] of Object.entries(value)) setOwn(map, key, valueOf(inner));
  return map;
}

export const remove: OperatorType<OneField> = {
  type: "remove",
  schema: oneField,
  create: (config, tools) =>
    transformer(config, tools, (entry) => {
      if (config.field.remove(entry) === undefined) {
        throw new TypeError(`remove: field does not exist: ${config.field.text}`);
      }
    }),
};

export const move: OperatorType<TwoFields> = {
  type: "move",
  schema: twoFields,
  create: ({ from, to, ...config }, tools) =>
    transformer(config, tools, (entry) => {
      const value = from.remove(entry);
      if (value === undefined) throw new TypeError(`move: field does not exist: ${from.text}`);
      to.set(entry, value);
    }),
};

export const copy: OperatorType<TwoFields> = {
  type: "copy",
  schema: twoFields,
  create: ({ from, to, ...config }, tools) =>
    transformer(config, tools, (entry) => {
      const value = from.get(entry);
      if (value === undefined) throw new TypeError(`copy: from field does not exist in this entry: ${from.text}`);
      to.set(entry, structuredClone(value));
    }),
};

export const retain: OperatorType<OperatorConfig & { readonly fields: readonly EntryField[] }> = {
  type: "retain",
  schema: section({
    ...operatorFields,
    fields: field(list(entryField), undefined, "What stays; only parts that one of these names lose anything."),
  }),
  create(config, tools) {
    const { fields } = config;
    if (fields.length === 0) throw new TypeError("retain: 'fields' is empty");
    return transformer(config, tools, (entry) => retainOnly(entry, fields));
  },
};

function retainOnly(entry: Entry, fields: readonly EntryField[]): void {
  const kept = fields.map((one) => [one, one.get(entry)] as const);
  for (const prefix of new Set(fields.map((one) => one.prefix))) {
    if (prefix === "body") entry.body = undefined;
    else entry[prefix] = {};
  }
  for (const [one, value] of kept) if (value !== undefined) one.set(entry, value);
}

export const flatten: OperatorType<OneField> = {
  type: "flatten",
  schema: oneField,
  create: (config, tools) =>
    transformer(config, tools, (entry) => {
      const value = config.field.get(entry);
      if (value === undefined) throw new TypeError(`apply flatten: field ${config.field.text} does not exist on entry`);
      if (!isMap(value)) throw new TypeError(`apply flatten: field ${config.field.text} is not a map`);
      config.field.remove(entry);
      for (const [key, inner] of Object.entries(value)) config.field.parent.child(key).set(entry, inner);
    }),
};

export const noop: OperatorType<OperatorConfig> = {
  type: "noop",
  schema: section(operatorFields),
  create: (config, tools) => transformer(config, tools, () => {}),
};

export const unquote: OperatorType<OneField> = {
  type: "unquote",
  schema: oneField,
  create: (config, tools) =>
    transformer(config, tools, (entry) => config.field.set(entry, unquoted(textIn(config.field, entry, "unquote")))),
};

/** As Go's `strconv.Unquote`: double quotes, back quotes, one character in single quotes. */
function unquoted(text: string): string {
  const [first, last] = [text[0], text.at(-1)];
  if (text.length < 2 || first !== last) throw new TypeError("unquote: invalid syntax");
  const inside = text.slice(1, -1);
  if (first === "`" && !inside.includes("`")) return inside;
  if (first === "'" && /^(?:[^\\']|\\.)$/u.test(inside)) return inside.replace("\\", "");
  if (first === '"') return JSON.parse(text.replaceAll("\\x", "\\u00").replaceAll("\\'", "'")) as string;
  throw new TypeError("unquote: invalid syntax");
}

export const assignKeys: OperatorType<OneField & { readonly keys: readonly string[] }> = {
  type: "assign_keys",
  schema: section({
    ...operatorFields,
    field: field(entryField, "", "A list of values."),
    keys: field(list(string), undefined, "A key for each."),
  }),
  create(config, tools) {
    if (config.keys.length === 0) throw new TypeError("assign_keys missing required field keys");
    return transformer(config, tools, (entry) => {
      const values = config.field.get(entry);
      if (!Array.isArray(values)) throw new TypeError(`provided field '${config.field.text}' is not a list`);
      if (values.length !== config.keys.length) {
        throw new TypeError(
          `couldn't map key to value, key length ${config.keys.length}, value length ${values.length}`,
        );
      }
      const map: MutableMap = {};
      for (const [i, key] of config.keys.entries()) setOwn(map, key, values[i] as ExprValue);
      config.field.set(entry, map);
    });
  },
};

interface RegexReplace extends OneField {
  readonly regex: string;
  readonly regex_name: string;
  readonly replace_with: string;
}

const KNOWN_PATTERNS: Readonly<Record<string, string>> = { ansi_control_sequences: "\\x1b\\[[0-?]*[ -/]*[@-~]" };

export const regexReplace: OperatorType<RegexReplace> = {
  type: "regex_replace",
  schema: section<RegexReplace>({
    ...operatorFields,
    field: field(entryField, "", "A text."),
    regex: field(string, "", "RE2's syntax."),
    regex_name: field(string, "", "`ansi_control_sequences`."),
    replace_with: field(string, "", "What matches become; `$1` is what the first group matched."),
  }),
  create(config, tools) {
    if ((config.regex === "") === (config.regex_name === "")) {
      throw new TypeError("either regex or regex_name must be set");
    }
    const source = config.regex || KNOWN_PATTERNS[config.regex_name];
    if (source === undefined) throw new TypeError(`regex_name ${config.regex_name} is unknown`);
    const pattern = goRegExp(source);
    const all = new RegExp(pattern.source, `${pattern.flags}g`);
    const replacement = config.replace_with.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) =>
      /^\d+$/.test(name) ? `$${name}` : `$<${name}>`,
    );
    return transformer(config, tools, (entry) => {
      config.field.set(entry, textIn(config.field, entry, "regex_replace").replaceAll(all, replacement));
    });
  },
};

export const sanitizeUtf8: OperatorType<OneField> = {
  type: "sanitize_utf8",
  schema: section<OneField>({ ...operatorFields, field: field(entryField, "body", "A text.") }),
  // Texts are whole here: what was no UTF-8 was replaced when the file was read.
  create: (config, tools) => transformer(config, tools, (entry) => void textIn(config.field, entry, "sanitize_utf8")),
};

function textIn(from: EntryField, entry: Entry, operator: string): string {
  const value = from.get(entry);
  if (value === undefined) throw new TypeError(`${operator}: field does not exist: ${from.text}`);
  if (typeof value !== "string") throw new TypeError(`type ${typeName(value)} cannot be used by ${operator}`);
  return value;
}
