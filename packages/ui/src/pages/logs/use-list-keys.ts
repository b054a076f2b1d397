import { useEffect, useEffectEvent } from "react";
import type { LogRecord } from "../../api/types.ts";
import { isTyping } from "../../shell/use-shortcuts.ts";
import type { Selection } from "./log-list.tsx";

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** `j` and `k` choose the next and the previous record, Enter opens and closes it, Esc leaves one level. */
export function useListKeys(
  records: readonly LogRecord[],
  selection: Selection,
  onSelect: (selection: Selection) => void,
): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || isControl(event)) return;
    const next = nextSelection(event.key, records, selection);
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}

/** Undefined where the key is none of the list's. */
export function nextSelection(
  key: string,
  records: readonly Pick<LogRecord, "id">[],
  { id, isExpanded }: Selection,
): Selection | undefined {
  const step = STEPS[key];
  if (step !== undefined) {
    const at = records.findIndex((record) => record.id === id);
    const next = records[at < 0 ? 0 : Math.min(records.length - 1, Math.max(0, at + step))];
    return next === undefined ? undefined : { id: next.id, isExpanded };
  }
  if (id === undefined) return undefined;
  if (key === "Enter") return { id, isExpanded: !isExpanded };
  if (key === "Escape") return isExpanded ? { id, isExpanded: false } : { id: undefined, isExpanded: false };
  return undefined;
}

/** Enter on a link or a button is theirs; so is Esc in a popover. */
function isControl({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.closest("[role=dialog]") !== null || (key === "Enter" && target.closest("a, button") !== null);
}
