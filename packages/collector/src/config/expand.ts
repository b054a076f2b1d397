/**
 * `${env:NAME}`, `${env:NAME:-default}`, `${NAME}`, `${file:…}`, `${yaml:…}`, `${http:…}` and
 * `$$` in a configuration's strings, by the Collector's rules: a value that is one whole
 * `${…}` is read as YAML again, one inside a longer string is text; the innermost is expanded
 * first; `$NAME` is left as it is.
 */
import { messageOf } from "@clew/base";
import { parse } from "yaml";
import { Expanded } from "../schema/expanded.ts";
import type { ConfigProblem } from "../schema/place.ts";
import { retrieve, SCHEMES, type ConfigWorld } from "./config-world.ts";

/** What was noticed while expanding. */
export interface ExpansionNotes {
  readonly problems: ConfigProblem[];
  readonly warnings: string[];
}

const MAX_EXPANSIONS = 1_000;
/** How deep structures that were referred to may refer to others. */
const MAX_DEPTH = 20;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** The innermost reference: no other one begins inside. `$$` before it is an escape. */
const REFERENCE = /(?<!\$)((?:\$\$)*)\$\{([^${}]*(?:\$(?!\{)[^${}]*)*)\}/;

/** A copy of `raw` with every string expanded. */
export async function expand(
  raw: unknown,
  world: ConfigWorld,
  notes: ExpansionNotes,
  path = "",
  depth = 0,
): Promise<unknown> {
  if (typeof raw === "string") return expandString(raw, world, notes, path, depth);
  const below = (key: string | number): string => (path === "" ? String(key) : `${path}::${key}`);
  if (Array.isArray(raw)) return Promise.all(raw.map((item, i) => expand(item, world, notes, below(i), depth)));
  if (typeof raw !== "object" || raw === null) return raw;
  const entries = Object.entries(raw).map(
    async ([key, value]) => [key, await expand(value, world, notes, below(key), depth)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function expandString(
  text: string,
  world: ConfigWorld,
  notes: ExpansionNotes,
  path: string,
  depth: number,
): Promise<unknown> {
  let current = text;
  for (let pass = 0; pass < MAX_EXPANSIONS; pass++) {
    const match = REFERENCE.exec(current);
    if (match === null) return unescape(current);
    const [whole, escapes = "", reference = ""] = match;
    const value = await resolve(reference, world, notes, path);
    if (escapes === "" && whole === current) {
      const inner = yamlOf(value);
      // What was fetched may itself be a structure with references in it.
      if (typeof inner === "object" && inner !== null && depth < MAX_DEPTH)
        return new Expanded(await expand(inner, world, notes, path, depth + 1), unescape(value));
      if (!REFERENCE.test(value)) return new Expanded(inner, unescape(value));
    }
    current = current.slice(0, match.index) + escapes + value + current.slice(match.index + whole.length);
  }
  notes.problems.push({ path, what: `too many recursive expansions, more than ${MAX_EXPANSIONS}` });
  return text;
}

async function resolve(reference: string, world: ConfigWorld, notes: ExpansionNotes, path: string): Promise<string> {
  const [, name = "env", rest = reference] = /^([a-zA-Z][a-zA-Z0-9+.-]+):(?!-)(.*)$/s.exec(reference) ?? [];
  const scheme = SCHEMES.find((one) => one === name);
  const problem = (what: string): string => {
    notes.problems.push({ path, what });
    return "";
  };
  if (scheme === undefined) return problem(`scheme "${name}" is not supported for uri "${reference}"`);
  if (scheme === "env") return variable(rest, world, notes, problem);
  try {
    return (await retrieve(world, scheme, rest)) ?? "";
  } catch (error) {
    return problem(messageOf(error));
  }
}

function variable(
  reference: string,
  { env }: ConfigWorld,
  notes: ExpansionNotes,
  problem: (what: string) => string,
): string {
  const [, name = reference, fallback] = /^(.*?):-(.*)$/s.exec(reference) ?? [];
  if (!NAME.test(name))
    return problem(`environment variable "${name}" has invalid name: must match regex ${NAME.source}`);
  const value = env[name];
  if (value === undefined && fallback === undefined) notes.warnings.push(name);
  return value ?? fallback ?? "";
}

function unescape(text: string): string {
  return text.replaceAll("$$", "$");
}

/** Text that is not YAML is a string. */
function yamlOf(text: string): unknown {
  try {
    return parse(text, { logLevel: "error" }) as unknown;
  } catch {
    return text;
  }
}
