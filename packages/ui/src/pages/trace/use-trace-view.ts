/** The trace page's state: what the address tells, what is remembered beside it, and how both change. */
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { TraceSearch } from "../../router.tsx";
import { criticalPath, type CriticalPath } from "../../trace/critical-path.ts";
import { failingSpan } from "../../trace/failing-span.ts";
import { endOf, startOf, type TraceModel } from "../../trace/trace-model.ts";
import { useViewMemory } from "../../trace/use-view-memory.ts";
import { revealed, visibleRows } from "../../trace/visible-rows.ts";
import type { TimeView } from "./waterfall-row.ts";
import { within } from "./waterfall-rows.ts";

/** Holding a key down selects faster than browsers let an address change. */
const SETTLE_MS = 120;

/** What coming back to the page restores beside the address. */
interface Memory {
  readonly collapsedIds: ReadonlySet<string>;
  /** Undefined for the whole trace. */
  readonly view: TimeView | undefined;
  readonly scrollTop: number;
}

/** Parameters to set, or to leave out where they are undefined. */
export type TraceSearchChange = { readonly [K in keyof TraceSearch]?: TraceSearch[K] | undefined };

export interface TraceViewState {
  readonly search: TraceSearch;
  readonly selected: number;
  readonly path: CriticalPath;
  readonly rows: Int32Array;
  readonly collapsed: ReadonlySet<number>;
  readonly view: TimeView;
  readonly initialScrollTop: number | undefined;
  /** A span to scroll to; a new object asks again. */
  readonly reveal: { readonly span: number } | undefined;
  /** Selects what was pressed, which is in sight. */
  readonly select: (span: number) => void;
  /** Selects a span wherever it is, and scrolls to it. */
  readonly goTo: (span: number | undefined) => void;
  readonly collapse: (collapsed: ReadonlySet<number>) => void;
  readonly setView: (view: TimeView) => void;
  readonly setSearch: (change: TraceSearchChange) => void;
  /** Remembers how things stand, for coming back. */
  readonly keep: (scrollTop: number) => void;
}

export function useTraceView(model: TraceModel): TraceViewState {
  const { skeleton } = model;
  const memory = useViewMemory<Memory>("trace", skeleton.traceId);
  const [remembered] = useState(memory.recall);
  const [collapsedIds, setCollapsedIds] = useState(() => remembered?.collapsedIds ?? new Set<string>());
  const [zoom, setView] = useState(() => remembered?.view);
  const path = useMemo(() => criticalPath(model), [model]);
  const { search, setSearch, selected, choose } = useSelection(model, path);
  const [reveal, setReveal] = useState(() => (remembered === undefined ? { span: selected } : undefined));

  const idOf = useCallback((span: number) => skeleton.spans.spanId[span] ?? "", [skeleton]);
  const collapsed = useMemo(() => {
    if (collapsedIds.size === 0) return new Set<number>();
    return new Set(model.order.filter((span) => collapsedIds.has(idOf(span))));
  }, [model, collapsedIds, idOf]);
  const rows = useMemo(() => visibleRows(model, collapsed), [model, collapsed]);
  const collapse = useCallback((next: ReadonlySet<number>) => setCollapsedIds(new Set([...next].map(idOf))), [idOf]);
  const view = useMemo(() => zoom ?? { start: 0, end: model.totalNanos }, [zoom, model.totalNanos]);

  return {
    search,
    selected,
    path,
    rows,
    collapsed,
    view,
    initialScrollTop: remembered?.scrollTop,
    reveal,
    select: choose,
    goTo: (span) => {
      if (span === undefined) return;
      const open = revealed(model, collapsed, span);
      if (open !== collapsed) collapse(open);
      choose(span);
      setReveal({ span });
      if (zoom !== undefined) setView(showing(model, zoom, span));
    },
    collapse,
    setView: useCallback(
      (next: TimeView) => setView(next.start <= 0 && next.end >= model.totalNanos ? undefined : next),
      [model.totalNanos],
    ),
    setSearch,
    keep: (scrollTop) => memory.keep({ collapsedIds, view: zoom, scrollTop }),
  };
}

/** The view, moved if the span lies outside it. */
function showing({ skeleton, totalNanos }: TraceModel, view: TimeView, span: number): TimeView {
  const [start, end] = [startOf(skeleton, span), endOf(skeleton, span)];
  if (end >= view.start && start <= view.end) return view;
  const width = view.end - view.start;
  return within({ start: start - width / 4, end: start + (width * 3) / 4 }, totalNanos);
}

/** The selected span: the address's, or the failing one; ahead of the address while keys are held down. */
function useSelection(model: TraceModel, path: CriticalPath) {
  const { spanId } = model.skeleton.spans;
  const search = useSearch({ from: "/trace/$traceId" });
  const navigate = useNavigate();
  const router = useRouter();
  const [ahead, setAhead] = useState<number>();
  const setSearch = useCallback(
    (change: TraceSearchChange) =>
      void navigate({
        to: ".",
        search: (before: object) => ({ ...before, ...change }) as TraceSearch,
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const inAddress = search.span === undefined ? -1 : spanId.indexOf(search.span);
  const first = useMemo(() => failingSpan(model, path), [model, path]);
  const selected = ahead ?? (inAddress === -1 ? first : inAddress);
  const selectedId = spanId[selected];
  useEffect(() => {
    // An address that names a span which has not arrived yet is left as it is.
    if (ahead === undefined && router.state.location.search.span !== undefined) return undefined;
    if (selectedId === undefined || selectedId === router.state.location.search.span) return undefined;
    const timer = setTimeout(
      () => setSearch({ span: selectedId, log: undefined }),
      ahead === undefined ? 0 : SETTLE_MS,
    );
    return () => clearTimeout(timer);
  }, [selectedId, ahead, setSearch, router]);
  // Once the address has caught up, it leads again.
  if (ahead !== undefined && ahead === inAddress) setAhead(undefined);
  return { search, setSearch, selected, choose: setAhead as (span: number) => void };
}
