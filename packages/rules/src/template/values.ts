/** What a template calculates with. A number is Go's float64, a bigint Go's int. */
import { goGeneralText, type NativeHistogram } from "@clew/query";

export type Value =
  | undefined
  | string
  | boolean
  | number
  | bigint
  | readonly Value[]
  | MethodList
  | StringMap
  | Structure;

/** Go's `map[string]T`: what is not there reads as `missing`. */
export class StringMap {
  readonly entries: ReadonlyMap<string, Value>;
  readonly missing: Value;
  readonly methods: Readonly<Record<string, Method>>;

  constructor(
    entries: Iterable<readonly [string, Value]>,
    missing: Value = "",
    methods: Readonly<Record<string, Method>> = {},
  ) {
    this.entries = new Map(entries);
    this.missing = missing;
    this.methods = methods;
  }

  get(key: string): Value {
    return this.entries.has(key) ? this.entries.get(key) : this.missing;
  }
}

type Method = (...args: readonly Value[]) => Value;

/** A Go slice of a type that has methods. */
export class MethodList {
  readonly items: readonly Value[];
  readonly methods: Readonly<Record<string, Method>>;

  constructor(items: readonly Value[], methods: Readonly<Record<string, Method>>) {
    this.items = items;
    this.methods = methods;
  }
}

/** What a list holds; undefined for what is none. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  if (value instanceof MethodList) return value.items;
  return Array.isArray(value) ? (value as readonly Value[]) : undefined;
}

/** A Go struct: fields, methods, and how it prints. */
export class Structure {
  readonly typeName: string;
  readonly fields: Readonly<Record<string, Value>>;
  readonly methods: Readonly<Record<string, Method>>;
  readonly text: string;
  /** What the methods of other structures may want of it. */
  readonly inner: unknown;

  constructor(
    typeName: string,
    text: string,
    members: { fields?: Record<string, Value>; methods?: Record<string, Method>; inner?: unknown },
  ) {
    this.typeName = typeName;
    this.text = text;
    this.fields = members.fields ?? {};
    this.methods = members.methods ?? {};
    this.inner = members.inner;
  }
}

/** One sample of a query's answer: `.Labels` and `.Value`. */
export function sampleValue(labels: Iterable<readonly [string, string]>, value: number | NativeHistogram): Structure {
  return new Structure("*template.sample", "sample", {
    fields: { Labels: new StringMap(labels), Value: typeof value === "number" ? value : histogramValue(value) },
  });
}

function histogramValue(histogram: NativeHistogram): Structure {
  return new Structure(
    "*histogram.FloatHistogram",
    `{count:${goGeneralText(histogram.count)}, sum:${goGeneralText(histogram.sum)}}`,
    {
      fields: { Count: histogram.count, Sum: histogram.sum },
    },
  );
}

/** Whether a value counts as true in `if`, `with`, `and`, `or`, `not`. */
export function isTrue(value: Value): boolean {
  if (value === undefined) return false;
  const items = itemsOf(value);
  if (items !== undefined) return items.length > 0;
  if (value instanceof StringMap) return value.entries.size > 0;
  if (value instanceof Structure) return true;
  return Boolean(value) || Number.isNaN(value);
}

/** The Go type of a value, for errors and `%T`. */
export function typeName(value: Value): string {
  if (value === undefined) return "<nil>";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float64";
  if (typeof value === "bigint") return "int";
  if (value instanceof StringMap) return value.missing === "" ? "map[string]string" : "map[string]interface {}";
  if (value instanceof MethodList) return "[]interface {}";
  return value instanceof Structure ? value.typeName : "template.queryResult";
}

/** A value as Go's `%v` prints it. */
export function valueText(value: Value): string {
  if (value === undefined) return "<nil>";
  if (typeof value === "number") return goGeneralText(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Structure) return value.text;
  if (value instanceof StringMap) {
    const entries = [...value.entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, one]) => `${key}:${valueText(one)}`).join(" ")}]`;
  }
  return `[${(itemsOf(value) ?? []).map(valueText).join(" ")}]`;
}
