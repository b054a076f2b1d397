/** A YAML text, read with the place of each of its settings. */
import { messageOf } from "@clew/base";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from "yaml";
import type { ConfigProblem, Position } from "../schema/place.ts";

export interface ConfigText {
  /** What it is called in messages, such as its file; empty where it has no name. */
  readonly name: string;
  readonly text: string;
}

/** The Collector writes several keys in one as `processors::batch::timeout`. */
const KEY_DELIMITER = "::";
const MAX_NESTING = 200;

/**
 * The text's value, undefined where its syntax is broken. `positions` gets where each key
 * and item stands, by its path.
 */
export function parseYaml(
  { name, text }: ConfigText,
  problems: ConfigProblem[],
  positions: Map<string, Position>,
): unknown {
  try {
    return parsed({ name, text }, problems, positions);
  } catch (error) {
    // The parser's own guards: against aliases that multiply, and nesting without end.
    if (!(error instanceof RangeError || error instanceof ReferenceError || error instanceof TypeError)) throw error;
    problems.push({ path: "", what: `yaml: ${messageOf(error)}`, position: { source: name, line: 1, column: 1 } });
    return undefined;
  }
}

function parsed({ name, text }: ConfigText, problems: ConfigProblem[], positions: Map<string, Position>): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, logLevel: "error" });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { source: name, line, column: col };
  };
  // Only the first: the others are what it leads to.
  const [error] = document.errors;
  if (error !== undefined) {
    problems.push({ path: "", what: `yaml: ${error.message}`, position: at(error.pos[0]) });
    return undefined;
  }
  const value: unknown = document.toJS();
  checkNesting(value, new Set());
  locate(document.contents, "", at, positions);
  return unflattened(value);
}

/** Throws `RangeError` for a value that contains itself, or that nests too deeply to be walked. */
function checkNesting(value: unknown, around: Set<unknown>): void {
  if (typeof value !== "object" || value === null) return;
  if (around.has(value)) throw new RangeError("an anchor's value contains itself");
  if (around.size >= MAX_NESTING) throw new RangeError(`it nests more than ${MAX_NESTING} levels deep`);
  around.add(value);
  for (const inner of Object.values(value)) checkNesting(inner, around);
  around.delete(value);
}

function locate(node: unknown, path: string, at: (offset: number) => Position, positions: Map<string, Position>): void {
  const below = (key: string | number): string => (path === "" ? String(key) : `${path}::${key}`);
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const inner = below(String(key.value));
      positions.set(inner, at(startOf(key)));
      locate(value, inner, at, positions);
    }
  } else if (isSeq(node)) {
    for (const [i, item] of node.items.entries()) {
      positions.set(below(i), at(startOf(item as Node)));
      locate(item, below(i), at, positions);
    }
  }
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Parts top-level keys that name a path. */
function unflattened(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const path = key.split(KEY_DELIMITER);
    let target = result;
    for (const part of path.slice(0, -1)) target = (target[part] ??= {}) as Record<string, unknown>;
    target[path.at(-1) ?? key] = inner as unknown;
  }
  return result;
}
