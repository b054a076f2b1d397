import { messageOf } from "@clew/base";
import { plainOf } from "../schema/expanded.ts";
import type { ConfigProblem, Position } from "../schema/place.ts";
import { ConfigError } from "./config-error.ts";
import { nodeWorld, retrieve, SCHEMES, type ConfigWorld, type Environment } from "./config-world.ts";
import { expand } from "./expand.ts";
import { parseYaml, type ConfigText } from "./yaml-text.ts";

/** A configuration with its references expanded and its parts merged, not yet checked. */
export interface LoadedConfig {
  readonly root: unknown;
  /** The environment variables that it names and that are not set. */
  readonly unsetVariables: readonly string[];
  /** Where a path such as `processors::batch::timeout`, or the nearest one above it, is written. */
  positionOf(path: string): Position | undefined;
}

/**
 * Reads YAML texts; where there are several, later ones are laid over earlier ones: mappings
 * merge, everything else replaces, and null takes away. Rejects with `CONFIG_INVALID` and
 * every fault of their syntax.
 */
export async function loadConfig(
  yaml: string | readonly (string | ConfigText)[],
  world: ConfigWorld | Environment,
): Promise<LoadedConfig> {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const positions = new Map<string, Position>();
  let root: unknown;
  for (const one of typeof yaml === "string" ? [yaml] : yaml) {
    const text = typeof one === "string" ? { name: "", text: one } : one;
    const parsed = parseYaml(text, problems, positions);
    root = merge(root, await expand(parsed, isWorld(world) ? world : nodeWorld(world), { problems, warnings }));
  }
  const positionOf = (path: string): Position | undefined => nearestPosition(path, positions);
  if (problems.length > 0) throw new ConfigError(problems, positionOf);
  return { root, unsetVariables: [...new Set(warnings)], positionOf };
}

/**
 * What `--config` and `--set` name, in their order: a path, or an address under `file:`,
 * `env:`, `yaml:`, `http:` or `https:`. Rejects with `CONFIG_INVALID` and each that cannot be had.
 */
export async function readSources(uris: readonly string[], world: ConfigWorld): Promise<ConfigText[]> {
  const outcomes = await Promise.allSettled(uris.map((uri) => readSource(uri, world)));
  const failures = outcomes.filter((one) => one.status === "rejected");
  const problems = failures.map(({ reason }) => ({
    path: "",
    what: `cannot retrieve the configuration: ${messageOf(reason)}`,
  }));
  if (problems.length > 0) throw new ConfigError(problems, () => undefined);
  return outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

async function readSource(uri: string, world: ConfigWorld): Promise<ConfigText> {
  const [, name, rest = uri] = /^([a-zA-Z][a-zA-Z0-9+.-]+):(.*)$/s.exec(uri) ?? [];
  const scheme = name === undefined ? "file" : SCHEMES.find((one) => one === name);
  if (scheme === undefined) throw new Error(`scheme "${name}" is not supported for uri "${uri}"`);
  const text = await retrieve(world, scheme, rest);
  return { name: scheme === "file" ? rest : uri, text: text ?? "" };
}

/** What `--set processors.batch.timeout=2s` means, as an address for `readSources`. Undefined where there is no `=`. */
export function uriOfSetting(setting: string): string | undefined {
  const equals = setting.indexOf("=");
  if (equals < 1) return undefined;
  return `yaml:${setting.slice(0, equals).trim().replaceAll(".", "::")}: ${setting.slice(equals + 1).trim()}`;
}

function isWorld(world: ConfigWorld | Environment): world is ConfigWorld {
  return typeof world["readFile"] === "function";
}

function nearestPosition(path: string, positions: ReadonlyMap<string, Position>): Position | undefined {
  const parts = path.split("::");
  for (let length = parts.length; length > 0; length--) {
    const position = positions.get(parts.slice(0, length).join("::"));
    if (position !== undefined) return position;
  }
  return undefined;
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
