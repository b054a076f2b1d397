/**
 * Reads environment variables as the specification asks: an empty one is unset, and a bad value
 * is warned about and ignored.
 */
import { diag } from "@opentelemetry/api";

export type Environment = Readonly<Record<string, string | undefined>>;

export function readText(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

/** Only "true", in any case, is true; another word than "false" is warned about and is false. */
export function readBoolean(env: Environment, name: string): boolean | undefined {
  const text = readText(env, name)?.toLowerCase();
  if (text === undefined) return undefined;
  if (text !== "true" && text !== "false") warn(name, text, "true or false");
  return text === "true";
}

/** A whole number of at least `least`. */
export function readNumber(env: Environment, name: string, least = 0): number | undefined {
  const text = readText(env, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  warn(name, text, `a whole number, at least ${least}`);
  return undefined;
}

/** The longest time that a timer can wait. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;

/** Milliseconds after which something is given up; 0 stands for never. Source: specification, "Timeout". */
export function readTimeout(env: Environment, name: string): number | undefined {
  const timeoutMs = readNumber(env, name);
  return timeoutMs === 0 ? MAX_TIMEOUT_MS : timeoutMs;
}

/** The first of `names` that holds a number of at least `least`. */
export function readFirstNumber(env: Environment, names: readonly string[], least = 0): number | undefined {
  for (const name of names) {
    const value = readNumber(env, name, least);
    if (value !== undefined) return value;
  }
  return undefined;
}

export function readChoice<Choice extends string>(
  env: Environment,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = readText(env, name)?.toLowerCase();
  const choice = choices.find((candidate) => candidate === text);
  if (text !== undefined && choice === undefined) warn(name, text, `one of ${choices.join(", ")}`);
  return choice;
}

/** A comma-separated list, each name once. */
export function readNames(env: Environment, name: string): readonly string[] | undefined {
  const names = readText(env, name)
    ?.split(",")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== "");
  return names === undefined ? undefined : [...new Set(names)];
}

/** `key1=value1,key2=value2`, values percent-encoded. All of it is ignored when any part is wrong. */
export function readPairs(env: Environment, name: string): Record<string, string> {
  const text = readText(env, name);
  if (text === undefined) return {};
  const pairs: [string, string][] = [];
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    const key = decodePercent(part.slice(0, Math.max(at, 0)).trim());
    const value = decodePercent(part.slice(at + 1).trim());
    if (key === undefined || key === "" || value === undefined) {
      warn(name, part, "key=value pairs, percent-encoded, separated by commas");
      return {};
    }
    pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}

/** `used` is what takes the place of the bad value, where that is not simply the default. */
export function warn(name: string, got: string, expected: string, used?: string): void {
  const instead = used === undefined ? "" : `; ${used} is used`;
  diag.warn(`${name} is ignored: expected ${expected}, got ${JSON.stringify(got)}${instead}`);
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
