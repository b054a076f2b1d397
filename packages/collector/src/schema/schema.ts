/**
 * What a setting may be, as a value: its name for documentation, and how it is read. Faults
 * go to the place's list and a stand-in is returned, so that one pass finds all of them.
 */
import { ClewError, parseDuration } from "@clew/base";
import { plainOf, Expanded } from "./expanded.ts";
import { nearest } from "./nearest.ts";
import type { Place } from "./place.ts";

/** A JSON Schema (2020-12), or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Schema<T> {
  /** `duration`, `integer`, `list of string`: what the README's table says. */
  readonly type: string;
  /** The settings of a section, for documentation. */
  readonly fields?: Readonly<Record<string, Field<unknown>>>;
  /** Whether only the fields that are written are there: parts that are off otherwise. */
  readonly isSwitches?: boolean;
  /** What a list or map holds. */
  readonly item?: Schema<unknown>;
  /** Whether it may be missing, without anything standing in. */
  readonly isOptional?: boolean;
  /** Whether it must not be shown. */
  readonly isSecret?: boolean;
  /** What JSON Schema says of a value; where it is missing, what follows from `fields` and `item`, else anything. */
  readonly json?: JsonSchema;
  /** `raw` is as YAML has it; undefined and null both mean that nothing was written. */
  read(raw: unknown, place: Place): T;
}

/** One setting of a section. */
export interface Field<T> {
  readonly schema: Schema<T>;
  /** What stands there when the user writes nothing, as the user would write it. */
  readonly fallback: unknown;
  /** What the setting does, in one sentence. */
  readonly doc: string;
}

export type Fields<T> = { readonly [Key in keyof T]-?: Field<T[Key]> };

export function field<T>(schema: Schema<T>, fallback: unknown, doc: string): Field<T> {
  return { schema, fallback, doc };
}

/** A section of settings. `check` finds faults between them, once each was read. */
export function section<T extends object>(fields: Fields<T>, check?: (config: T, place: Place) => void): Schema<T> {
  const keys = Object.keys(fields) as (keyof T & string)[];
  return {
    type: "section",
    fields,
    read(raw, place) {
      const given = recordOf(raw, place);
      reportUnknown(Object.keys(given), keys, place);
      const before = place.problems.length;
      const config = Object.fromEntries(
        keys.map((key) => [key, fields[key].schema.read(given[key] ?? fields[key].fallback, place.at(key))]),
      ) as T;
      if (place.problems.length === before) check?.(config, place);
      return config;
    },
  };
}

/** Parts of which each is off unless its key is written, if only as `grpc:`. */
export function switches<T extends object>(sections: {
  readonly [Key in keyof T]-?: Schema<T[Key] & object>;
}): Schema<T> {
  const keys = Object.keys(sections) as (keyof T & string)[];
  return {
    type: "section",
    isSwitches: true,
    fields: Object.fromEntries(
      keys.map((key) => [key, field(sections[key], undefined, `The ${key} part; off unless it is named.`)]),
    ),
    read(raw, place) {
      const given = recordOf(raw, place);
      reportUnknown(Object.keys(given), keys, place);
      const on = keys.filter((key) => key in given);
      return Object.fromEntries(on.map((key) => [key, sections[key].read(given[key], place.at(key))])) as T;
    },
  };
}

export function optional<T>(inner: Schema<T>): Schema<T | undefined> {
  return {
    ...inner,
    isOptional: true,
    read: (raw, place) => (raw === undefined || raw === null ? undefined : inner.read(raw, place)),
  };
}

export const string: Schema<string> = {
  type: "string",
  json: { type: "string" },
  read(raw, place) {
    if (raw instanceof Expanded) return raw.text;
    if (typeof raw === "string") return raw;
    return wrong("a string", raw, place, "put it in quotes", "");
  },
};

/** Text that is never shown, such as a password. */
export const secret: Schema<string> = { ...string, isSecret: true };

export const boolean: Schema<boolean> = {
  type: "boolean",
  json: { type: "boolean" },
  read(raw, place) {
    const value = plainOf(raw);
    return typeof value === "boolean" ? value : wrong("true or false", value, place, undefined, false);
  },
};

export function integer(least = 0, most: number = Number.MAX_SAFE_INTEGER): Schema<number> {
  return {
    type: "integer",
    json: { type: "integer", minimum: least, ...(most === Number.MAX_SAFE_INTEGER ? {} : { maximum: most }) },
    read(raw, place) {
      const value = plainOf(raw);
      if (typeof value !== "number" || !Number.isInteger(value)) {
        return wrong("a whole number", value, place, undefined, least);
      }
      if (value >= least && value <= most) return value;
      const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
      return wrong(`a number ${range}`, value, place, undefined, least);
    },
  };
}

export function number(least = 0): Schema<number> {
  return {
    type: "number",
    json: { type: "number", minimum: least },
    read(raw, place) {
      const value = plainOf(raw);
      if (typeof value === "number" && value >= least) return value;
      return wrong(`a number of at least ${least}`, value, place, undefined, least);
    },
  };
}

/** Milliseconds, written as Go writes durations. */
export const duration: Schema<number> = {
  type: "duration",
  json: { type: ["string", "integer"], examples: ["200ms", "5s", "1h30m"] },
  read(raw, place) {
    const value = raw instanceof Expanded ? raw.text : raw === 0 ? "0" : raw;
    if (typeof value !== "string") return wrong("a duration", value, place, 'write "200ms" or "5s"', 0);
    try {
      const ms = parseDuration(value);
      return ms < 0 ? wrong("a duration of at least 0", value, place, undefined, 0) : ms;
    } catch (error) {
      if (!(error instanceof ClewError)) throw error;
      place.problem(error.what, error.remedy);
      return 0;
    }
  },
};

export function oneOf<T extends string>(...values: readonly T[]): Schema<T> {
  return {
    type: values.map((value) => `\`${value}\``).join(", "),
    json: { enum: values },
    read(raw, place) {
      const value = raw instanceof Expanded ? raw.text : raw;
      const found = values.find((one) => one === value);
      if (found !== undefined) return found;
      const near = nearest(String(value), values);
      const choices = values.map((one) => JSON.stringify(one)).join(", ");
      return wrong(`one of ${choices}`, value, place, near && `did you mean ${JSON.stringify(near)}?`, values[0]!);
    },
  };
}

/** The same, with whatever capitals it is written, as the Collector reads levels. */
export function inAnyCase<T extends string>(inner: Schema<T>): Schema<T> {
  return {
    ...inner,
    read(raw, place) {
      const value = raw instanceof Expanded ? raw.text : raw;
      return inner.read(typeof value === "string" ? value.toLowerCase() : value, place);
    },
  };
}

export function list<T>(item: Schema<T>): Schema<readonly T[]> {
  return {
    type: `list of ${item.type}`,
    item,
    read(raw, place) {
      const value = plainOf(raw) ?? [];
      if (Array.isArray(value)) return value.map((one, i) => item.read(one, place.at(i)));
      return wrong("a list", value, place, 'write "[a, b]" or one "- " line each', []);
    },
  };
}

export function map<T>(item: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    type: `map of ${item.type}`,
    item,
    read(raw, place) {
      const entries = Object.entries(recordOf(raw, place));
      return Object.fromEntries(entries.map(([key, value]) => [key, item.read(value, place.at(key))]));
    },
  };
}

/** Anything that YAML can say, without the marks of expansion. */
export const anything: Schema<unknown> = { type: "any", read: (raw) => plainOf(raw) };

/** The mapping at `raw`, empty where there is none. */
export function recordOf(raw: unknown, place: Place): Readonly<Record<string, unknown>> {
  const value = plainOf(raw) ?? {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  return wrong("a mapping", value, place, "write its settings below it, indented", {});
}

function reportUnknown(given: readonly string[], known: readonly string[], place: Place): void {
  const unknown = given.filter((key) => !known.includes(key)).sort();
  if (unknown.length === 0) return;
  const near = unknown.map((key) => nearest(key, known)).find((key) => key !== undefined);
  const remedy = near === undefined ? `known keys: ${known.join(", ")}` : `did you mean ${JSON.stringify(near)}?`;
  place.problem(`'${place.name}' has invalid keys: ${unknown.join(", ")}`, remedy, unknown[0]);
}

function wrong<T>(expected: string, got: unknown, place: Place, remedy: string | undefined, standIn: T): T {
  place.problem(`expected ${expected}, got ${JSON.stringify(got) ?? "nothing"}`, remedy);
  return standIn;
}
