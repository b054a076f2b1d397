/** Converters of lists and maps. */
import type { Value, ValueMap } from "@clew/otlp";
import { isEqual } from "../compare.ts";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { asString } from "../go-json.ts";
import { OttlError } from "../ottl-error.ts";
import { goType, pdataType, storable, type OttlMap, type OttlValue } from "../ottl-value.ts";
import { flag, list, listOf, map, optional, text, toList, value } from "../parameters.ts";

const containsValue = define("ContainsValue", { target: list, item: value }, (args) => (context) => {
  const item = args.item(context);
  return args.target(context).some((one) => isEqual(one, item));
});

const index = define("Index", { target: value, value }, (args) => (context) => {
  const one = args.target(context);
  const sought = args.value(context);
  if (typeof one !== "string") return BigInt(toList(one).findIndex((held) => isEqual(held, sought)));
  if (typeof sought !== "string") {
    throw new OttlError("invalid value type for Index function, value must be a string");
  }
  const at = one.indexOf(sought);
  return BigInt(at < 0 ? at : Buffer.byteLength(one.slice(0, at)));
});

const keys = define("Keys", { target: map }, (args) => (context) => [...args.target(context).keys()]);

const values = define(
  "Values",
  { target: map },
  (args) => (context) => [...args.target(context)].map(([, held]) => held),
);

const ORDERS: ReadonlySet<string> = new Set(["asc", "desc"]);

const sort = define("Sort", { target: value, order: optional(text) }, (args) => {
  const order = args.order ?? "asc";
  if (!ORDERS.has(order)) {
    throw new OttlError(`invalid arguments: ${order}. Order should be either "asc" or "desc"`);
  }
  return (context) => {
    const one = args.target(context);
    if (!Array.isArray(one)) {
      throw new OttlError(`sort with unsupported type: '${goType(one)}'. Target is not a list`);
    }
    return sorted(one as OttlValue[], order === "asc" ? 1 : -1);
  };
});

/** Numbers by size; with a text or a boolean among them all as texts; as it is where it holds lists or maps. */
function sorted(items: readonly OttlValue[], direction: 1 | -1): readonly OttlValue[] {
  const isNumber = (one: OttlValue): one is number | bigint => typeof one === "number" || typeof one === "bigint";
  if (items.every((one) => isNumber(one))) {
    return items.toSorted((a, b) => direction * (a < b ? -1 : a > b ? 1 : 0));
  }
  const isText = items.every((one) => isNumber(one) || ["string", "boolean"].includes(typeof one) || one === null);
  if (!isText) return items;
  const named = items.map((one) => ({ one, name: Buffer.from(asString(one)) }));
  return named.sort((a, b) => direction * Buffer.compare(a.name, b.name)).map(({ one }) => one);
}

const sliceToMap = define(
  "SliceToMap",
  { target: list, keyPath: optional(listOf(text)), valuePath: optional(listOf(text)) },
  (args) => (context) => {
    const { keyPath, valuePath } = args;
    const result = new Map<string, Value>();
    for (const [i, held] of args.target(context).entries()) {
      const one = storable(held);
      if ((keyPath !== undefined || valuePath !== undefined) && !(one instanceof Map)) {
        throw new OttlError(
          `slice elements must be maps when using \`key_path\` or \`value_path\`, but could not cast element of type \`${pdataType(one)}\` to a map`,
        );
      }
      const key = keyPath === undefined ? String(i) : found(one as ValueMap, keyPath, `key from element ${i}`);
      if (typeof key !== "string") {
        throw new OttlError(`element ${i}: extracted key attribute is not of type string, got "${pdataType(key)}"`);
      }
      result.set(key, valuePath === undefined ? one : found(one as ValueMap, valuePath, `value from element ${i}`));
    }
    return result;
  },
);

function found(within: ValueMap, path: readonly string[], what: string): Value {
  if (path.length === 0) throw new OttlError(`could not extract ${what}: must provide at least one path item`);
  let current: Value | undefined = within;
  for (const [i, key] of path.entries()) {
    current = current instanceof Map ? (current as ValueMap).get(key) : undefined;
    if (current === undefined) {
      const rest = path.slice(Math.max(0, i)).join(" ");
      throw new OttlError(`could not extract ${what}: provided object does not contain the path [${rest}]`);
    }
  }
  return current;
}

const toKeyValueString = define(
  "ToKeyValueString",
  { target: map, delimiter: optional(text), pairDelimiter: optional(text), sortOutput: optional(flag) },
  (args) => {
    const [delimiter, pairDelimiter] = delimitersOf(args.delimiter, args.pairDelimiter);
    const quoted = (one: string): string => {
      const escaped = one.replaceAll('"', '\\"');
      return escaped.includes(pairDelimiter) || escaped.includes(delimiter) ? `"${escaped}"` : escaped;
    };
    const entriesOf = (one: OttlMap): (readonly [string, Value])[] =>
      args.sortOutput === true ? [...one].sort(([a], [b]) => (a < b ? -1 : 1)) : [...one];
    return (context) =>
      entriesOf(args.target(context))
        .map(([key, held]) => quoted(key) + delimiter + quoted(asString(held)))
        .join(pairDelimiter);
  },
);

/** What parts keys from values, and pairs from each other. Throws where the two are not apart. */
export function delimitersOf(delimiter = "=", pairDelimiter = " "): readonly [string, string] {
  if (delimiter === "") throw new OttlError("delimiter cannot be set to an empty string");
  if (pairDelimiter === "") throw new OttlError("pair delimiter cannot be set to an empty string");
  if (delimiter === pairDelimiter) {
    throw new OttlError(`pair delimiter "${pairDelimiter}" cannot be equal to delimiter "${delimiter}"`);
  }
  return [delimiter, pairDelimiter];
}

export const LIST_CONVERTERS: readonly FunctionDefinition[] = [
  containsValue,
  index,
  keys,
  sliceToMap,
  sort,
  toKeyValueString,
  values,
];
