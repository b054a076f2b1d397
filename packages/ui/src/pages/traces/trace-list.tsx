import { useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useMemo, type RefObject } from "react";
import type { TraceSummary } from "../../api/types.ts";
import { useRows } from "../../chart/use-rows.ts";
import { isTyping } from "../../shell/use-shortcuts.ts";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { COLUMNS, ROW_PX, TraceRow } from "./trace-row.tsx";

/** How near to the end the next page is asked for. */
const ROWS_AHEAD = 30;

interface TraceListProps {
  readonly traces: readonly TraceSummary[];
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly initialScrollTop: number;
  readonly markedId: string | undefined;
  readonly onMark: (traceId: string) => void;
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

/** The traces, newest first; as many rows as fit are there. */
export function TraceList(props: TraceListProps) {
  const { traces, scroller, initialScrollTop, markedId, onMark, hasMore, onMore } = props;
  const navigate = useNavigate();
  const rangeSearch = useRangeSearch();
  const slowest = useMemo(() => traces.reduce((most, one) => Math.max(most, Number(one.durationNanos)), 1), [traces]);
  const virtualizer = useRows({
    count: traces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    initialOffset: initialScrollTop,
    getItemKey: (i) => traces[i]?.traceId ?? i,
  });
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  // The count for which the next page is due: it changes as pages come, so that each asks for the one after.
  const dueAt = hasMore && last >= traces.length - ROWS_AHEAD ? traces.length : 0;
  const more = useEffectEvent(onMore);
  useEffect(() => {
    if (dueAt > 0) more();
  }, [dueAt]);

  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = traces.findIndex(({ traceId }) => traceId === markedId);
    const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
    if (event.key === "Enter" && at !== -1 && isOnRows(event.target)) {
      event.preventDefault();
      void navigate({ to: "/trace/$traceId", params: { traceId: traces[at]!.traceId }, search: rangeSearch });
    }
    if (step === 0) return;
    const next = Math.max(0, Math.min(traces.length - 1, at + step));
    const trace = traces[next];
    if (trace === undefined) return;
    onMark(trace.traceId);
    virtualizer.scrollToIndex(next);
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => press(event);
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  return (
    <div
      ref={scroller}
      className="relative min-h-0 flex-1 overflow-x-hidden overflow-y-scroll"
      data-testid="trace-list"
    >
      <div
        aria-hidden
        className={`sticky top-0 z-10 grid h-6 items-center border-b border-line bg-raised px-3 text-xs font-medium text-muted ${COLUMNS}`}
      >
        <span>Trace</span>
        <span>Started</span>
        <span>Duration</span>
        <span className="text-right">Spans</span>
        <span className="text-right">Errors</span>
        <span className="pl-4">Services</span>
      </div>
      <ol aria-label="Traces, newest first" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map(({ index, start, key }) => (
          <li
            key={key}
            aria-setsize={traces.length}
            aria-posinset={index + 1}
            className="absolute inset-x-0"
            style={{ transform: `translateY(${start}px)` }}
          >
            <TraceRow
              trace={traces[index]!}
              slowestNanos={slowest}
              isMarked={traces[index]!.traceId === markedId}
              onMark={onMark}
            />
          </li>
        ))}
      </ol>
      {hasMore && <p className="px-3 py-1 text-sm text-faint">Reading older traces…</p>}
    </div>
  );
}

/** Enter opens the marked row, also when another one has the focus; elsewhere it belongs to what has it. */
function isOnRows(target: EventTarget | null): boolean {
  return target === document.body || (target instanceof Element && target.closest("[data-testid=trace-row]") !== null);
}
