import { useEffect, useEffectEvent } from "react";
import { isTyping } from "../../shell/use-shortcuts.ts";

export type TraceKeys = Readonly<Record<string, () => void>>;

/** Keys that elements have a use for themselves. */
const ELEMENT_KEYS = new Set(["Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]);

/** Calls what stands under the pressed key's name, unless the key belongs to what has the focus. */
export function useTraceKeys(keys: TraceKeys): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (act === undefined || (ELEMENT_KEYS.has(event.key) && isOthers(event.target))) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => press(event);
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

function isOthers(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("[role=treegrid]") === null &&
    target.closest("a, button, [role=separator], [data-own-keys]") !== null
  );
}
