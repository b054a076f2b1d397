import { parseDocument } from "yaml";
import type { ConfigProblem } from "../schema/place.ts";
import { plainOf } from "../schema/expanded.ts";
import { ConfigError } from "./config-error.ts";
import { expand, type Environment } from "./expand.ts";

/** A configuration with its references expanded and its parts merged, not yet checked. */
export interface LoadedConfig {
  readonly root: unknown;
  /** The environment variables that it names and that are not set. */
  readonly unsetVariables: readonly string[];
}

/**
 * Reads YAML texts; where there are several, later ones are laid over earlier ones: mappings
 * merge, everything else replaces. Throws `CONFIG_INVALID` with every fault of their syntax.
 */
export function loadConfig(yaml: string | readonly string[], env: Environment): LoadedConfig {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  let root: unknown;
  for (const text of typeof yaml === "string" ? [yaml] : yaml) {
    root = merge(root, expand(parsed(text, problems), env, { problems, warnings }));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { root, unsetVariables: [...new Set(warnings)] };
}

function parsed(text: string, problems: ConfigProblem[]): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  // Only the first: the others are what it leads to. Its excerpt of the text is left out.
  const [error] = document.errors;
  if (error !== undefined)
    problems.push({ path: "", what: `yaml: ${error.message.split("\n", 1)[0]?.replace(/:$/, "")}` });
  return document.errors.length > 0 ? undefined : (document.toJS() as unknown);
}

function merge(under: unknown, over: unknown): unknown {
  const [a, b] = [plainOf(under), plainOf(over)];
  if (!isMapping(a) || !isMapping(b)) return over === undefined ? under : over;
  const merged: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) merged[key] = merge(merged[key], value);
  return merged;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
