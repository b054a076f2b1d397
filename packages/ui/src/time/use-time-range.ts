import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { RangeSearch } from "../router.tsx";
import { DEFAULT_RANGE, isLive, resolveRange, type ResolvedRange, type TimeRange } from "./time-range.ts";
import { useNow } from "./use-now.ts";

/** The address's time range, and how to change it without losing the rest of the address. */
export function useTimeRange(): { readonly range: TimeRange; readonly setRange: (range: TimeRange) => void } {
  const search: RangeSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const range = useMemo(
    () => ({ from: search.from ?? DEFAULT_RANGE.from, to: search.to ?? DEFAULT_RANGE.to }),
    [search.from, search.to],
  );
  const setRange = ({ from, to }: TimeRange): void => {
    void navigate({ to: ".", search: (before: object) => ({ ...before, from, to }) });
  };
  return { range, setRange };
}

/** The range with now filled in. A live range moves on every `refreshMs`; one that does not end now stands still. */
export function useResolvedRange(refreshMs = 5_000): ResolvedRange {
  const { range } = useTimeRange();
  const nowMs = useNow(isLive(range) ? refreshMs : undefined);
  return useMemo(() => resolveRange(range, nowMs), [range, nowMs]);
}

/** The parts of the address that a link to another view should keep. */
export function useRangeSearch(): RangeSearch {
  const search: RangeSearch = useSearch({ strict: false });
  return useMemo(
    () => ({
      ...(search.from === undefined ? {} : { from: search.from }),
      ...(search.to === undefined ? {} : { to: search.to }),
    }),
    [search.from, search.to],
  );
}
