/** Reads the parts of an answer as Go does: what is missing or null is empty, what is of another kind is an error. */
import { ClewError } from "@clew/base";

export type JsonObject = Readonly<Record<string, unknown>>;

/** `where` names the part in errors. */
export function objectOf(value: unknown, where: string): JsonObject {
  const given = value ?? {};
  if (typeof given === "object" && !Array.isArray(given)) return given as JsonObject;
  throw wrong("an object", where, given);
}

export function listOf(value: unknown, where: string): readonly unknown[] {
  const given = value ?? [];
  return Array.isArray(given) ? given : fail("a list", where, given);
}

export function textOf(value: unknown, where: string): string {
  const given = value ?? "";
  return typeof given === "string" ? given : fail("a string", where, given);
}

export function integerOf(value: unknown, where: string): number {
  const given = value ?? 0;
  return typeof given === "number" && Number.isInteger(given) ? given : fail("a whole number", where, given);
}

export function booleanOf(value: unknown, where: string): boolean {
  const given = value ?? false;
  return typeof given === "boolean" ? given : fail("true or false", where, given);
}

export function textsOf(value: unknown, where: string): readonly string[] {
  return listOf(value, where).map((one) => textOf(one, where));
}

/** Names and texts, in the order of the answer. */
export function textEntriesOf(value: unknown, where: string): readonly (readonly [string, string])[] {
  return Object.entries(objectOf(value, where)).map(([key, one]) => [key, textOf(one, `${where}.${key}`)]);
}

function fail(expected: string, where: string, got: unknown): never {
  throw wrong(expected, where, got);
}

const MAX_SHOWN_CHARACTERS = 100;

function wrong(expected: string, where: string, got: unknown): ClewError {
  const shown = JSON.stringify(got).slice(0, MAX_SHOWN_CHARACTERS);
  return new ClewError("SCRAPE_FAILED", `expected ${expected} at ${where}, got ${shown}`);
}
