import { useNavigate, useSearch } from "@tanstack/react-router";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { TraceSummary } from "../../api/types.ts";
import type { TracesSearch } from "../../router.tsx";
import { Failure } from "../../shell/failure.tsx";
import { millisOf } from "../../format/format.ts";
import { FilterBar, type TracesSearchChange } from "./filter-bar.tsx";
import { NoTraces } from "./no-traces.tsx";
import { Scatter } from "./scatter.tsx";
import { TraceList } from "./trace-list.tsx";
import { useAnchoredRange } from "./use-anchored-range.ts";
import { useNewerTraces, useTraces } from "./use-traces.ts";

/** Search for traces: conditions, a plot, a list. */
export function TracesPage() {
  const search = useSearch({ from: "/traces" });
  const navigate = useNavigate();
  const { range, nowMs, isLive, renew, memory } = useAnchoredRange();
  const { data, error, isFetching, isPlaceholderData, hasNextPage, fetchNextPage } = useTraces(search, range);
  const found = useMemo(() => distinct(data?.pages.flatMap((page) => page.traces) ?? []), [data]);
  const newer = useNewerTraces(search, nowMs, found, isLive && !isPlaceholderData);
  // A row grows in its place as the rest of its spans come.
  const traces = useMemo(() => found.map((trace) => newer.updated.get(trace.traceId) ?? trace), [found, newer.updated]);
  const scroller = useRef<HTMLDivElement>(null);
  const [markedId, setMarkedId] = useState(() => memory.recall()?.markedId);
  const [initialScrollTop] = useState(() => memory.recall()?.scrollTop ?? 0);
  useLayoutEffect(() => {
    const element = scroller.current;
    return () => memory.keep({ nowMs, markedId, scrollTop: element?.scrollTop ?? 0 });
  });
  const change = (changes: TracesSearchChange): void => {
    scroller.current?.scrollTo({ top: 0 });
    void navigate({ to: "/traces", search: (before) => ({ ...before, ...changes }) as TracesSearch });
  };
  // The newest pages do not reach back to the range's start: the plot shows the part that they cover.
  const oldest = traces.at(-1);
  const plotRange =
    hasNextPage && oldest !== undefined ? { startMs: millisOf(oldest.startUnixNano), endMs: range.endMs } : range;
  const clear = (): void =>
    change({
      service: undefined,
      operation: undefined,
      attr: undefined,
      minDuration: undefined,
      maxDuration: undefined,
      error: undefined,
    });
  return (
    <div className="flex h-full flex-col">
      <FilterBar search={search} range={range} onChange={change} />
      {error !== null && <Failure error={error} />}
      {traces.length > 0 && (
        <>
          <Scatter traces={traces} range={plotRange} markedId={markedId} />
          <div className={`relative flex min-h-0 flex-1 flex-col ${isPlaceholderData ? "opacity-60" : ""}`}>
            <NewPill
              count={newer.count}
              isMore={newer.isMore}
              onPress={() => {
                renew();
                scroller.current?.scrollTo({ top: 0 });
              }}
            />
            <TraceList
              traces={traces}
              scroller={scroller}
              initialScrollTop={initialScrollTop}
              markedId={markedId}
              onMark={setMarkedId}
              hasMore={hasNextPage}
              onMore={() => void fetchNextPage()}
            />
          </div>
          <p role="status" className="shrink-0 border-t border-line bg-surface px-3 py-1 text-xs text-muted">
            {hasNextPage
              ? `The newest ${traces.length} traces; scroll for older ones`
              : `${traces.length} ${traces.length === 1 ? "trace" : "traces"}`}
          </p>
        </>
      )}
      {data !== undefined && traces.length === 0 && !isFetching && (
        <div className="relative">
          <NewPill count={newer.count} isMore={newer.isMore} onPress={renew} />
          <NoTraces search={search} onClear={clear} />
        </div>
      )}
    </div>
  );
}

interface NewPillProps {
  readonly count: number;
  readonly isMore: boolean;
  readonly onPress: () => void;
}

/** Tells of newer traces without moving those that are shown. */
function NewPill({ count, isMore, onPress }: NewPillProps) {
  if (count === 0) return null;
  return (
    <button
      type="button"
      data-testid="new-traces"
      onClick={onPress}
      className="absolute top-8 left-1/2 z-20 h-6 -translate-x-1/2 rounded-full bg-accent px-3 text-sm font-medium text-accent-text shadow-popup"
    >
      ↑ {count}
      {isMore ? "+" : ""} new
    </button>
  );
}

/** A trace that is found by spans on either side of a page's end comes once. */
function distinct(traces: readonly TraceSummary[]): readonly TraceSummary[] {
  return [...new Map(traces.map((trace) => [trace.traceId, trace])).values()];
}
