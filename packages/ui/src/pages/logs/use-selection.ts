import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Selection } from "./log-list.tsx";
import { timeOfId } from "./log-filter.ts";
import { useChange } from "./use-change.ts";

/** The chosen record. It stands in the address, so that a link to it opens it; one of the live stream has no address yet. */
export function useSelection(): readonly [Selection, (selection: Selection) => void] {
  const { log } = useSearch({ from: "/logs" });
  const change = useChange();
  const [selection, setSelection] = useState<Selection>({ id: log, isExpanded: log !== undefined });
  const [seen, setSeen] = useState(log);
  // Back and forward change the address under the page.
  if (seen !== log) {
    setSeen(log);
    if (log !== undefined && log !== selection.id) setSelection({ id: log, isExpanded: true });
  }
  const select = (next: Selection): void => {
    setSelection(next);
    const id = next.id !== undefined && timeOfId(next.id) !== undefined ? next.id : undefined;
    if (id !== log) change({ log: id }, true);
  };
  return [selection, select];
}
