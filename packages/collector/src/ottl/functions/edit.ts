/** What the editors of maps share. */
import type { AttributesView, Value } from "@clew/otlp";
import type { Context } from "../context.ts";
import type { MapTarget } from "../parameters.ts";

export type EditedMap = AttributesView | Map<string, Value>;

/** Changes the target by `change`, which says whether it changed anything. */
export function edit(context: Context, target: MapTarget, change: (map: EditedMap) => boolean): void {
  const map = target.get(context);
  if (!change(map)) return;
  context.changes++;
  target.set(context, map);
}

/** Takes away the entries for which `isGone` holds, and says whether there were any. */
export function removeIf(map: EditedMap, isGone: (key: string) => boolean): boolean {
  const before = map.size;
  if (map instanceof Map) {
    for (const key of map.keys()) if (isGone(key)) map.delete(key);
  } else {
    map.retain((key) => !isGone(key));
  }
  return map.size < before;
}

/** Puts other texts in place of those for which `change` gives one, and says whether there were any. */
export function changeTexts(map: EditedMap, change: (text: string) => string | undefined): boolean {
  let isChanged = false;
  for (const [key, value] of map) {
    const after = typeof value === "string" ? change(value) : undefined;
    if (after === undefined || after === value) continue;
    map.set(key, after);
    isChanged = true;
  }
  return isChanged;
}
