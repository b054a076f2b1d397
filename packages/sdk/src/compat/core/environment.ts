/** The readers of environment variables of `@opentelemetry/core`: a blank variable is one that is not set. */
import { diag, DiagLogLevel } from "@opentelemetry/api";
import { readBoolean, readText, warn } from "../../config/environment.ts";

/** As it stands, white space included. */
export function getStringFromEnv(key: string): string | undefined {
  return readText(process.env, key) === undefined ? undefined : process.env[key];
}

/** False, too, where it is not set. */
export function getBooleanFromEnv(key: string): boolean {
  return readBoolean(process.env, key) ?? false;
}

export function getNumberFromEnv(key: string): number | undefined {
  const text = readText(process.env, key);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isNaN(value)) return value;
  warn(key, text, "a number");
  return undefined;
}

/** What stands between commas. */
export function getStringListFromEnv(key: string): string[] | undefined {
  return readText(process.env, key)
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** A name of a level, in any case; `INFO`, with a warning, for another. */
export function diagLogLevelFromString(value: string | undefined): DiagLogLevel | undefined {
  if (value === undefined || value === null) return undefined;
  const level: unknown = Reflect.get(DiagLogLevel, value.toUpperCase());
  if (typeof level === "number") return level;
  diag.warn(`the log level ${JSON.stringify(value)} is not known: INFO is used`);
  return DiagLogLevel.INFO;
}
