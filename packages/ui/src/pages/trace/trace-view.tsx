import { useCanGoBack, useNavigate, useRouter } from "@tanstack/react-router";
import {
  useCallback,
  useDeferredValue,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { Splitter, useStoredSize } from "../../trace/splitter.tsx";
import { useWidth } from "../../trace/use-width.ts";
import { childrenOfSpan, durationOf, startOf, type TraceModel } from "../../trace/trace-model.ts";
import { collapsible, errorSpans, matchingSpans, nextOf } from "../../trace/visible-rows.ts";
import { logTicksOf } from "./log-ticks.ts";
import { Minimap } from "./minimap.tsx";
import { SpanPane } from "./span-pane.tsx";
import { TraceHeader } from "./trace-header.tsx";
import { TraceTools } from "./trace-tools.tsx";
import { useTraceKeys } from "./use-trace-keys.ts";
import { useTraceView } from "./use-trace-view.ts";
import { useTraceLogs } from "./use-trace.ts";
import { Waterfall, type WaterfallHandle } from "./waterfall.tsx";
import type { WaterfallState } from "./waterfall-row.ts";
import { within } from "./waterfall-rows.ts";

/** What splitters leave to the names, the span and the timeline, in pixels. */
const LEAST_NAMES = 160;
const LEAST_PANE = 280;
const LEAST_TIMELINE = 260;

/** The waterfall with what surrounds it, and the selected span beside it. */
export function TraceView({ model }: { readonly model: TraceModel }) {
  const { skeleton } = model;
  const page = useTraceView(model);
  const { selected, path, rows, collapsed, view, search, goTo, setSearch } = page;
  const { data: logs, error: logsError } = useTraceLogs(skeleton);
  const { width, ref: frame } = useWidth();
  const [wantedNames, setNameWidth] = useStoredSize("clew.trace.nameWidth", 360);
  const [wantedPane, setPaneWidth] = useStoredSize("clew.trace.paneWidth", 440);
  const paneMost = Math.max(LEAST_PANE, (width || window.innerWidth) - LEAST_NAMES - LEAST_TIMELINE);
  const paneWidth = Math.min(wantedPane, paneMost);
  const nameMost = Math.max(LEAST_NAMES, (width || window.innerWidth) - paneWidth - LEAST_TIMELINE);
  const nameWidth = Math.min(wantedNames, nameMost);
  const [timelineWidth, setTimelineWidth] = useState(0);
  const [find, setFind] = useState("");
  const wanted = useDeferredValue(find);
  const matches = useMemo(() => matchingSpans(model, wanted), [model, wanted]);
  const errors = useMemo(() => errorSpans(model), [model]);
  const waterfall = useRef<WaterfallHandle>(null);
  const pane = useRef<HTMLElement>(null);
  const hrefOf = useSpanHref(skeleton.traceId);
  const up = useUp(search.log, () => setSearch({ log: undefined }));

  const state: WaterfallState = useMemo(
    () => ({
      model,
      rows,
      collapsed,
      selected,
      path,
      matches: matches === undefined ? undefined : new Set(matches),
      view,
      logTicks: logTicksOf(skeleton, logs?.records ?? []),
      hrefOf,
    }),
    [model, skeleton, rows, collapsed, selected, path, matches, view, logs, hrefOf],
  );
  useEffect(() => {
    if (page.reveal !== undefined && timelineWidth > 0) waterfall.current?.reveal(page.reveal.span);
  }, [page.reveal, timelineWidth]);
  // A layout effect, since its end still finds the waterfall in its place.
  const leave = useEffectEvent(() => page.keep(waterfall.current?.scrollTop() ?? 0));
  useLayoutEffect(() => () => leave(), []);

  const toggle = (span: number): void => {
    if (model.subtreeSpans[span] === 1) return;
    page.collapse(
      collapsed.has(span) ? new Set([...collapsed].filter((one) => one !== span)) : new Set([...collapsed, span]),
    );
  };
  const step = (by: number): void => goTo(rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(selected) + by))]);
  const goToError = (by: 1 | -1): void => goTo(nextOf(model, errors, selected, by));
  const goToMatch = (by: 1 | -1): void => goTo(nextOf(model, matches ?? [], selected, by));
  useTraceKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => goTo(rows[0]),
    End: () => goTo(rows.at(-1)),
    ArrowLeft: () => {
      const parent = model.parent[selected] ?? -1;
      if (model.subtreeSpans[selected]! > 1 && !collapsed.has(selected)) toggle(selected);
      else if (parent >= 0) goTo(parent);
    },
    ArrowRight: () => {
      if (collapsed.has(selected)) toggle(selected);
      else goTo(childrenOfSpan(model, selected)[0]);
    },
    Enter: () => pane.current?.focus(),
    Escape: () => (find === "" ? up() : setFind("")),
    e: () => goToError(1),
    E: () => goToError(-1),
    n: () => goToMatch(1),
    N: () => goToMatch(-1),
    z: () => page.setView(around(model, selected)),
    0: () => page.setView({ start: 0, end: model.totalNanos }),
  });

  return (
    <div className="flex h-full flex-col">
      <TraceHeader model={model} search={search} selected={selected} errors={errors} onError={goToError} />
      <div ref={frame} className="flex min-h-0 flex-1">
        <div className="relative flex min-w-0 flex-1 flex-col">
          <div className="flex h-[52px] shrink-0 border-b border-line bg-surface">
            <TraceTools
              width={nameWidth}
              find={find}
              onFind={setFind}
              matches={matches}
              at={matches?.indexOf(selected) ?? -1}
              onMatch={goToMatch}
              onCollapseAll={() => page.collapse(collapsible(model))}
              onExpandAll={() => page.collapse(new Set())}
            />
            <Minimap state={state} width={timelineWidth} onView={page.setView} />
          </div>
          <Waterfall
            ref={waterfall}
            state={state}
            nameWidth={nameWidth}
            initialScrollTop={page.initialScrollTop}
            onSelect={page.select}
            onToggle={toggle}
            onView={page.setView}
            onTimelineWidth={setTimelineWidth}
          />
          <div className="absolute inset-y-0 -ml-1 flex" style={{ left: nameWidth }}>
            <Splitter
              label="Width of the names"
              size={nameWidth}
              least={LEAST_NAMES}
              most={nameMost}
              onSize={setNameWidth}
            />
          </div>
        </div>
        <Splitter
          label="Width of the span"
          size={paneWidth}
          least={LEAST_PANE}
          most={paneMost}
          isAfter
          onSize={setPaneWidth}
          className="-mr-1"
        />
        <SpanPane
          ref={pane}
          width={paneWidth}
          model={model}
          path={path}
          span={selected}
          traceLogs={logs}
          traceLogsError={logsError}
          search={search}
          setSearch={setSearch}
          onPoint={useCallback((offset: number | undefined) => waterfall.current?.point(offset), [])}
          onGoTo={goTo}
        />
      </div>
    </div>
  );
}

/** One level up: from the log line to the span, from the span to where one came from. */
function useUp(log: string | undefined, leaveLog: () => void): () => void {
  const router = useRouter();
  const navigate = useNavigate();
  const canGoBack = useCanGoBack();
  const range = useRangeSearch();
  return () => {
    if (log !== undefined) leaveLog();
    else if (canGoBack) router.history.back();
    else void navigate({ to: "/traces", search: range });
  };
}

/** The address of a span of this trace, for rows that are made without the router. */
function useSpanHref(traceId: string): (spanId: string) => string {
  const router = useRouter();
  const range = useRangeSearch();
  return useMemo(() => {
    const { href } = router.buildLocation({
      to: "/trace/$traceId",
      params: { traceId },
      search: { ...range, span: "SPAN_ID" },
    });
    return (spanId) => href.replace("SPAN_ID", spanId);
  }, [router, range, traceId]);
}

/** The span with a little of what is about it. */
function around({ skeleton, totalNanos }: TraceModel, span: number): { readonly start: number; readonly end: number } {
  const width = Math.max(1_000, durationOf(skeleton, span) * 1.2);
  const middle = startOf(skeleton, span) + durationOf(skeleton, span) / 2;
  return within({ start: middle - width / 2, end: middle + width / 2 }, totalNanos);
}
