import { diag } from "@opentelemetry/api";
import { type Environment, readText } from "./environment.ts";

export const CONFIG_FILE = "OTEL_CONFIG_FILE";
const OLD_NAME = "OTEL_EXPERIMENTAL_CONFIG_FILE";

/** The path in `OTEL_CONFIG_FILE`, if any. */
export function configurationFilePath(env: Environment): string | undefined {
  const path = readText(env, CONFIG_FILE);
  if (path !== undefined) return path;
  const oldPath = readText(env, OLD_NAME);
  if (oldPath !== undefined) diag.warn(`${OLD_NAME} is used, but deprecated: set ${CONFIG_FILE} instead`);
  return oldPath;
}
