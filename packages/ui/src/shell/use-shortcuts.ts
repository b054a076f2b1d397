import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useRangeSearch } from "../time/use-time-range.ts";

const GO: Readonly<Record<string, "/" | "/traces" | "/logs" | "/metrics">> = {
  h: "/",
  t: "/traces",
  l: "/logs",
  m: "/metrics",
};
/** How long the second key of `g t` may take. */
const CHORD_MS = 1_000;

/** Keys that work on every page: `g` and a letter goes to a view, `/` to the query, `?` shows all keys. */
export function useShortcuts(): { readonly helpIsOpen: boolean; readonly closeHelp: () => void } {
  const navigate = useNavigate();
  const range = useRangeSearch();
  const [helpIsOpen, setHelp] = useState(false);
  const chordUntil = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = performance.now() < chordUntil.current ? GO[event.key] : undefined;
      chordUntil.current = event.key === "g" ? performance.now() + CHORD_MS : 0;
      if (target !== undefined) void navigate({ to: target, search: range });
      else if (event.key === "?") setHelp(true);
      else if (event.key === "/") focusQuery(event);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate, range]);
  return { helpIsOpen, closeHelp: () => setHelp(false) };
}

/** Whether keys belong to a field that is being typed into. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

/** A view marks its main query field with `data-query`. */
function focusQuery(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLElement>("[data-query]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
}
