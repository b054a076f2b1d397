/** Functions of expressions. */
import type { Expression, Scope } from "./expression.ts";
import { isNumber, truth } from "./operations.ts";
import { isMap, ownValue, typeName, type ExprValue } from "./value.ts";

type Call = (given: readonly ExprValue[]) => ExprValue;
/** Gets the list, and what the second argument gives for each item. */
type ListCall = (items: readonly ExprValue[], each: (item: ExprValue) => ExprValue) => ExprValue;

const text = (value: ExprValue): string => {
  if (typeof value === "string") return value;
  throw new TypeError(`cannot use ${typeName(value)} as a string`);
};

const whole = (value: ExprValue): bigint => {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(Math.trunc(value));
  if (typeof value === "string" && /^[+-]?\d+$/.test(value)) return BigInt(value.replace(/^\+/, ""));
  throw new TypeError(`invalid operation: int(${JSON.stringify(value)})`);
};

const CALLS: Readonly<Record<string, Call>> = {
  len([value]) {
    if (typeof value === "string") return BigInt(Array.from(value).length);
    if (Array.isArray(value)) return BigInt(value.length);
    if (isMap(value)) return BigInt(Object.keys(value).length);
    throw new TypeError(`invalid argument for len (type ${typeName(value)})`);
  },
  lower: ([value]) => text(value).toLowerCase(),
  upper: ([value]) => text(value).toUpperCase(),
  trim: ([value, cut]) => (cut === undefined ? text(value).trim() : cutText(text(value), text(cut))),
  trimPrefix: ([value, prefix]) =>
    text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value),
  trimSuffix: ([value, suffix]) =>
    text(suffix) !== "" && text(value).endsWith(text(suffix))
      ? text(value).slice(0, -text(suffix).length)
      : text(value),
  split: ([value, by]) => text(value).split(text(by)),
  join: ([items, by]) => (Array.isArray(items) ? items.map(text).join(by === undefined ? "" : text(by)) : ""),
  replace: ([value, from, to]) => text(value).replaceAll(text(from), () => text(to)),
  hasPrefix: ([value, prefix]) => text(value).startsWith(text(prefix)),
  hasSuffix: ([value, suffix]) => text(value).endsWith(text(suffix)),
  indexOf: ([value, part]) => BigInt(text(value).indexOf(text(part))),
  int: ([value]) => whole(value),
  float: ([value]) => Number(value),
  string: ([value]) =>
    typeof value === "string" ? value : isNumber(value) ? String(value) : (JSON.stringify(value) ?? ""),
  type([value]) {
    if (isMap(value)) return "map";
    return Array.isArray(value) ? "array" : typeName(value).replace("float64", "float");
  },
  abs: ([value]) => (typeof value === "bigint" ? (value < 0n ? -value : value) : Math.abs(Number(value))),
  max: (given) => given.flat().reduce((most, one) => (Number(one) > Number(most) ? one : most)),
  min: (given) => given.flat().reduce((least, one) => (Number(one) < Number(least) ? one : least)),
  keys: ([map]) => (isMap(map) ? Object.keys(map) : []),
  values: ([map]) => (isMap(map) ? Object.values(map) : []),
  first: ([items]) => (Array.isArray(items) ? (items[0] as ExprValue) : undefined),
  last: ([items]) => (Array.isArray(items) ? (items.at(-1) as ExprValue) : undefined),
  get: ([map, key]) => (isMap(map) ? ownValue(map, text(key)) : undefined),
  toJSON: ([value]) =>
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner)),
  fromJSON: ([value]) => JSON.parse(text(value)) as ExprValue,
};

const LIST_CALLS: Readonly<Record<string, ListCall>> = {
  all: (items, each) => items.every((item) => truth(each(item))),
  any: (items, each) => items.some((item) => truth(each(item))),
  none: (items, each) => !items.some((item) => truth(each(item))),
  one: (items, each) => items.filter((item) => truth(each(item))).length === 1,
  filter: (items, each) => items.filter((item) => truth(each(item))),
  map: (items, each) => items.map(each),
  find: (items, each) => items.find((item) => truth(each(item))),
  count: (items, each) => BigInt(items.filter((item) => truth(each(item))).length),
};

export function isFunction(name: string): boolean {
  return name === "env" || Object.hasOwn(CALLS, name) || Object.hasOwn(LIST_CALLS, name);
}

export function callFunction(name: string, given: readonly Expression[], scope: Scope): ExprValue {
  const listCall = Object.hasOwn(LIST_CALLS, name) ? LIST_CALLS[name] : undefined;
  if (listCall === undefined) {
    const values = given.map((one) => one(scope));
    if (name !== "env") return CALLS[name]!(values);
    return scope.variable(`env ${text(values[0])}`);
  }
  const [list, each] = given;
  const items = list?.(scope);
  if (!Array.isArray(items) || each === undefined) throw new TypeError(`invalid arguments for ${name}`);
  return listCall(items, (item) =>
    each({ variable: (variable) => (variable === "#" ? item : scope.variable(variable)) }),
  );
}

function cutText(value: string, characters: string): string {
  let [start, end] = [0, value.length];
  while (start < end && characters.includes(value[start]!)) start++;
  while (end > start && characters.includes(value[end - 1]!)) end--;
  return value.slice(start, end);
}
