import { useLocation } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { isLive, resolveRange, type ResolvedRange } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { useViewMemory, type ViewMemory } from "../../trace/use-view-memory.ts";

/** What coming back to a search restores. */
export interface SearchMemory {
  readonly nowMs: number;
  readonly scrollTop: number;
  readonly markedId: string | undefined;
}

export interface AnchoredRange {
  readonly range: ResolvedRange;
  /** The moment that counts as now. */
  readonly nowMs: number;
  /** Whether there can be something newer. */
  readonly isLive: boolean;
  /** Takes the present as now. */
  readonly renew: () => void;
  readonly memory: ViewMemory<SearchMemory>;
}

/**
 * The address's time range with a now that stands still, so that nothing moves under the pointer:
 * it is the moment at which this search was first shown, also when one comes back to it.
 */
export function useAnchoredRange(): AnchoredRange {
  const entry = useLocation({ select: ({ state, searchStr }) => `${state["key"] ?? ""} ${searchStr}` });
  const memory = useViewMemory<SearchMemory>("traces", entry);
  const { range } = useTimeRange();
  const shown = (): { readonly entry: string; readonly nowMs: number } => ({
    entry,
    nowMs: memory.recall()?.nowMs ?? Date.now(),
  });
  const [anchor, setAnchor] = useState(shown);
  if (anchor.entry !== entry) setAnchor(shown());
  const { nowMs } = anchor;
  return {
    range: useMemo(() => resolveRange(range, nowMs), [range, nowMs]),
    nowMs,
    isLive: isLive(range),
    renew: useCallback(() => setAnchor({ entry, nowMs: Date.now() }), [entry]),
    memory,
  };
}
