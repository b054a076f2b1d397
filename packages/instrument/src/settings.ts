/** Reads the variables of zero-code instrumentation: an empty one is unset, a bad one is told and left out. */
import { diag } from "@opentelemetry/api";
import type { Environment } from "./instrumentation.ts";

export function readText(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

export function readBoolean(env: Environment, name: string, otherwise: boolean): boolean {
  const text = readText(env, name)?.toLowerCase();
  if (text === undefined) return otherwise;
  if (text === "true" || text === "false") return text === "true";
  diag.warn(`${name} is ignored: expected true or false, got ${JSON.stringify(text)}; ${otherwise} is used`);
  return otherwise;
}

/** A comma-separated list. */
export function readList(env: Environment, name: string): readonly string[] | undefined {
  return readText(env, name)
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** A comma-separated list of regular expressions; one that is none is told and left out. */
export function readPatterns(env: Environment, name: string): readonly RegExp[] {
  const patterns: RegExp[] = [];
  for (const source of readList(env, name) ?? []) {
    try {
      patterns.push(new RegExp(source));
    } catch {
      diag.warn(`${name}: ${JSON.stringify(source)} is left out: expected a regular expression`);
    }
  }
  return patterns;
}

/** One of `choices`, the first of which is the default. */
export function readChoice<Choice extends string>(
  env: Environment,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = readText(env, name)?.toLowerCase();
  const chosen = choices.find((choice) => choice === text);
  if (chosen === undefined && text !== undefined) {
    diag.warn(
      `${name} is ignored: expected ${choices.join(" or ")}, got ${JSON.stringify(text)}; ${choices[0]} is used`,
    );
  }
  return chosen ?? choices[0];
}
