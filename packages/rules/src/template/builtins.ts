/** The functions that every Go template has. `and` and `or`, which stop early, are the executor's. */
import type { TemplateFunction } from "./functions.ts";
import { sprint, sprintf } from "./go-format.ts";
import { isTrue, itemsOf, StringMap, typeName, type Value, valueText } from "./values.ts";

export const builtins: Readonly<Record<string, TemplateFunction>> = {
  and: { parameters: ["any", "any"], variadic: true, call: (...args: readonly Value[]) => args.at(-1) },
  or: { parameters: ["any", "any"], variadic: true, call: (...args: readonly Value[]) => args.at(-1) },
  not: { parameters: ["any"], call: (value: Value) => !isTrue(value) },
  len: { parameters: ["any"], call: length },
  index: { parameters: ["any", "any"], variadic: true, call: indexed },
  slice: { parameters: ["any", "any"], variadic: true, call: sliced },
  print: { parameters: ["any"], variadic: true, call: (...args: readonly Value[]) => sprint(args) },
  println: {
    parameters: ["any"],
    variadic: true,
    call: (...args: readonly Value[]) => `${args.map(valueText).join(" ")}\n`,
  },
  printf: {
    parameters: ["string", "any"],
    variadic: true,
    call: (format: string, ...args: readonly Value[]) => sprintf(format, args),
  },
  html: escaping((text) => text.replace(/["'&<>\0]/g, (character) => HTML[character] ?? character)),
  js: escaping((text) => text.replace(/[\\'"<>&=\p{Cc}]/gu, (character) => JS[character] ?? unicodeEscape(character))),
  urlquery: escaping((text) => new URLSearchParams([["", text]]).toString().slice(1)),
  eq: {
    parameters: ["any", "any"],
    variadic: true,
    call: (value: Value, ...others: readonly Value[]) => others.some((other) => isEqual(value, other)),
  },
  ne: { parameters: ["any", "any"], call: (a: Value, b: Value) => !isEqual(a, b) },
  lt: { parameters: ["any", "any"], call: (a: Value, b: Value) => isLess(a, b) },
  le: { parameters: ["any", "any"], call: (a: Value, b: Value) => isLess(a, b) || isEqual(a, b) },
  gt: { parameters: ["any", "any"], call: (a: Value, b: Value) => isLess(b, a) },
  ge: { parameters: ["any", "any"], call: (a: Value, b: Value) => isLess(b, a) || isEqual(a, b) },
};

const HTML: Readonly<Record<string, string>> = {
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\0": "\ufffd",
};
const JS: Readonly<Record<string, string>> = { "\\": "\\\\", "'": "\\'", '"': '\\"' };

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function escaping(escape: (text: string) => string): TemplateFunction {
  return { parameters: ["any"], variadic: true, call: (...args: readonly Value[]) => escape(sprint(args)) };
}

function length(value: Value): bigint {
  if (typeof value === "string") return BigInt(Buffer.byteLength(value));
  if (value instanceof StringMap) return BigInt(value.entries.size);
  const items = itemsOf(value);
  if (items !== undefined) return BigInt(items.length);
  throw new Error(`len of type ${typeName(value)}`);
}

function indexed(value: Value, ...keys: readonly Value[]): Value {
  return keys.reduce((inner, key) => {
    if (inner instanceof StringMap) {
      if (typeof key !== "string") throw new Error(`value has type ${typeName(key)}; should be string`);
      return inner.get(key);
    }
    const items = itemsOf(inner);
    if (items !== undefined) return items[place(key, items.length, false)];
    if (typeof inner === "string") return BigInt(Buffer.from(inner)[place(key, Buffer.byteLength(inner), false)] ?? 0);
    throw new Error(inner === undefined ? "index of untyped nil" : `can't index item of type ${typeName(inner)}`);
  }, value);
}

function sliced(value: Value, ...bounds: readonly Value[]): Value {
  const items = itemsOf(value);
  if (typeof value !== "string" && items === undefined) throw new Error(`can't slice item of type ${typeName(value)}`);
  const whole = typeof value === "string" ? Buffer.from(value) : (items ?? []);
  const [from = 0, to = whole.length] = bounds.map((bound) => place(bound, whole.length, true));
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  return typeof value === "string" ? Buffer.from(value).subarray(from, to).toString() : items?.slice(from, to);
}

function place(key: Value, count: number, mayBeEnd: boolean): number {
  if (typeof key !== "bigint") throw new Error(`cannot index slice/array with type ${typeName(key)}`);
  if (key < 0n || key > BigInt(count) || (key === BigInt(count) && !mayBeEnd))
    throw new Error(`index out of range: ${key}`);
  return Number(key);
}

function isEqual(a: Value, b: Value): boolean {
  checkComparable(a, b);
  return a === b;
}

function isLess(a: Value, b: Value): boolean {
  checkComparable(a, b);
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  if (typeof a === "number" && typeof b === "number") return a < b;
  if (typeof a === "bigint" && typeof b === "bigint") return a < b;
  throw new Error("invalid type for comparison");
}

function checkComparable(a: Value, b: Value): void {
  if (a === undefined || b === undefined) return;
  if (typeof a === "object" || typeof b === "object") throw new Error("non-comparable type");
  if (typeof a !== typeof b) throw new Error("incompatible types for comparison");
}
