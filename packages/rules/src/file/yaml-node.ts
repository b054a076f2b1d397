/** Looks into YAML as it is meant: through aliases, and into what `<<` merges. */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";

/** Merges in merges, and aliases of aliases, are followed so deep. */
const MAX_DEPTH = 20;

/** The value under a key; undefined where there is none. Own keys come before merged ones, those of the first before others. */
export function nodeOf(document: Document, map: YAMLMap, key: string, depth = 0): Node | undefined {
  const own = resolved(document, map.get(key, true));
  if (own !== undefined || depth > MAX_DEPTH) return own;
  for (const merged of mergedMaps(document, map)) {
    const found = nodeOf(document, merged, key, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names of a mapping's keys, those of merged ones too. */
export function keysOf(document: Document, map: YAMLMap, depth = 0): readonly string[] {
  const own = map.items.flatMap(({ key }) => (isScalar(key) && !isMergeKey(key) ? [String(key.value)] : []));
  if (depth > MAX_DEPTH) return own;
  const merged = mergedMaps(document, map).flatMap((one) => keysOf(document, one, depth + 1));
  return [...new Set([...own, ...merged])];
}

/** What an alias stands for; any other node is itself. */
export function resolved(document: Document, node: Node | undefined, depth = 0): Node | undefined {
  if (!isAlias(node) || depth > MAX_DEPTH) return node;
  return resolved(document, node.resolve(document), depth + 1);
}

/** The library reads it as a symbol where merging is on. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && (typeof key.value === "symbol" || key.value === "<<");
}

function mergedMaps(document: Document, map: YAMLMap): readonly YAMLMap[] {
  const found = map.items.find(({ key }) => isMergeKey(key))?.value as Node | undefined;
  const value = resolved(document, found);
  const all = isSeq(value) ? value.items.map((item) => resolved(document, item as Node)) : [value];
  return all.filter((one) => isMap(one));
}
