/**
 * `${env:NAME}`, `${env:NAME:-default}`, `${NAME}` and `$$` in a configuration's strings, by
 * the Collector's rules: a value that is one whole `${…}` is read as YAML again, one inside
 * a longer string is text; the innermost is expanded first; `$NAME` is left as it is.
 */
import { parse } from "yaml";
import { Expanded } from "../schema/expanded.ts";
import type { ConfigProblem } from "../schema/place.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was noticed while expanding. */
export interface ExpansionNotes {
  readonly problems: ConfigProblem[];
  readonly warnings: string[];
}

const MAX_EXPANSIONS = 1_000;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** The innermost reference: no other one begins inside. `$$` before it is an escape. */
const REFERENCE = /(?<!\$)((?:\$\$)*)\$\{([^${}]*(?:\$(?!\{)[^${}]*)*)\}/;

/** A copy of `raw` with every string expanded. */
export function expand(raw: unknown, env: Environment, notes: ExpansionNotes, path = ""): unknown {
  if (typeof raw === "string") return expandString(raw, env, notes, path);
  if (Array.isArray(raw)) return raw.map((item, i) => expand(item, env, notes, `${path}::${i}`));
  if (typeof raw !== "object" || raw === null) return raw;
  return Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [key, expand(value, env, notes, path === "" ? key : `${path}::${key}`)]),
  );
}

function expandString(text: string, env: Environment, notes: ExpansionNotes, path: string): unknown {
  let current = text;
  for (let pass = 0; pass < MAX_EXPANSIONS; pass++) {
    const match = REFERENCE.exec(current);
    if (match === null) return unescape(current);
    const [whole, escapes = "", reference = ""] = match;
    const value = resolve(reference, env, notes, path);
    const isAll = escapes === "" && whole === current;
    if (isAll && !REFERENCE.test(value)) return new Expanded(yamlOf(value), unescape(value));
    current = current.slice(0, match.index) + escapes + value + current.slice(match.index + whole.length);
  }
  notes.problems.push({ path, what: `too many recursive expansions, more than ${MAX_EXPANSIONS}` });
  return text;
}

function resolve(reference: string, env: Environment, notes: ExpansionNotes, path: string): string {
  const [, scheme = "env", rest = reference] = /^([a-zA-Z][a-zA-Z0-9+.-]+):(?!-)(.*)$/s.exec(reference) ?? [];
  if (scheme !== "env") {
    notes.problems.push({ path, what: `scheme "${scheme}" is not supported for uri "${reference}"` });
    return "";
  }
  const [, name = rest, fallback] = /^(.*?):-(.*)$/s.exec(rest) ?? [];
  if (!NAME.test(name)) {
    const what = `environment variable "${name}" has invalid name: must match regex ${NAME.source}`;
    notes.problems.push({ path, what });
    return "";
  }
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
    return parse(text) as unknown;
  } catch {
    return text;
  }
}
