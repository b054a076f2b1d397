/** A YAML text, read with the place of each of its settings. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from "yaml";
import type { ConfigProblem, Position } from "../schema/place.ts";

export interface ConfigText {
  /** What it is called in messages, such as its file; empty where it has no name. */
  readonly name: string;
  readonly text: string;
}

/** The Collector writes several keys in one as `processors::batch::timeout`. */
const KEY_DELIMITER = "::";

/**
 * The text's value, undefined where its syntax is broken. `positions` gets where each key
 * and item stands, by its path.
 */
export function parseYaml(
  { name, text }: ConfigText,
  problems: ConfigProblem[],
  positions: Map<string, Position>,
): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
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
  locate(document.contents, "", at, positions);
  return unflattened(document.toJS());
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
