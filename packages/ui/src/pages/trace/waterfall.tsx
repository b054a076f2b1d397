import { useEffect, useEffectEvent, useImperativeHandle, useLayoutEffect, useRef, type Ref } from "react";
import { timeTicks } from "../../trace/time-ticks.ts";
import { useWidth } from "../../trace/use-width.ts";
import { TimeAxis } from "./time-axis.tsx";
import { LABEL_PX, type TimeView, type WaterfallState } from "./waterfall-row.ts";
import { within, WaterfallRows, zoomed } from "./waterfall-rows.ts";
import "./waterfall.css";

const HEADER_PX = 24;
const TICK_PX = 130;
/** How much wider or narrower one notch of the wheel makes the view. */
const WHEEL_ZOOM = 0.002;

export interface WaterfallHandle {
  /** Draws a line at this time, nanoseconds from the trace's start; none for undefined. */
  readonly point: (offsetNanos: number | undefined) => void;
  readonly reveal: (span: number) => void;
  readonly scrollTop: () => number;
  readonly focus: () => void;
}

interface WaterfallProps {
  readonly state: WaterfallState;
  readonly nameWidth: number;
  /** Where to scroll to at first. */
  readonly initialScrollTop: number | undefined;
  readonly onSelect: (span: number) => void;
  readonly onToggle: (span: number) => void;
  readonly onView: (view: TimeView) => void;
  readonly onTimelineWidth: (width: number) => void;
  readonly ref: Ref<WaterfallHandle>;
}

/** The spans over time, one row each. The rows are `WaterfallRows`' work; this is the frame around them. */
export function Waterfall(props: WaterfallProps) {
  const { state, nameWidth, initialScrollTop, onSelect, onToggle, onView, onTimelineWidth, ref } = props;
  const { model, view, selected } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const cursor = useRef<HTMLDivElement>(null);
  const rows = useRef<WaterfallRows>(undefined);
  const { width, ref: axisRef } = useWidth();
  const turn = useEffectEvent((event: WheelEvent, element: HTMLElement) =>
    wheel(event, element, { view, totalNanos: model.totalNanos, onView, nameWidth }),
  );

  useLayoutEffect(() => {
    if (scroller.current === null || body.current === null || width === 0) return;
    const isFirst = rows.current === undefined;
    rows.current ??= new WaterfallRows(scroller.current, body.current);
    rows.current.update(state, width);
    if (isFirst && initialScrollTop !== undefined) scroller.current.scrollTop = initialScrollTop;
  }, [state, width, initialScrollTop]);
  useLayoutEffect(() => {
    onTimelineWidth(width);
  }, [width, onTimelineWidth]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const onScroll = (): void => rows.current?.scrolled();
    const onWheel = (event: WheelEvent): void => turn(event, element);
    const observer = new ResizeObserver(onScroll);
    observer.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("wheel", onWheel);
    };
  }, []);

  useImperativeHandle(ref, () => ({
    point: (offset) => moveCursor(cursor.current, offset, state),
    reveal: (span) => rows.current?.reveal(span, HEADER_PX),
    scrollTop: () => scroller.current?.scrollTop ?? 0,
    focus: () => scroller.current?.focus({ preventScroll: true }),
  }));

  const ticks = timeTicks(view.start, view.end, Math.max(2, Math.floor(width / TICK_PX)));
  const selectedId = selected === undefined ? undefined : model.skeleton.spans.spanId[selected];
  return (
    <div
      ref={scroller}
      role="treegrid"
      aria-label="Spans of the trace over time"
      aria-rowcount={state.rows.length}
      aria-activedescendant={selectedId === undefined ? undefined : `span-${selectedId}`}
      tabIndex={0}
      data-testid="waterfall"
      className="relative min-h-0 flex-1 overflow-x-hidden overflow-y-scroll focus-visible:outline-offset-[-2px]"
      style={{ "--name-width": `${nameWidth}px` } as React.CSSProperties}
    >
      <div className="sticky top-0 z-10 flex h-6 border-b border-line bg-raised text-xs text-muted">
        <div className="flex shrink-0 items-center px-3 font-medium" style={{ width: nameWidth }}>
          Service and operation
        </div>
        <div ref={axisRef} className="relative min-w-0 flex-1" style={{ marginRight: LABEL_PX }}>
          <TimeAxis ticks={ticks} view={view} onView={onView} />
        </div>
      </div>
      <div
        ref={body}
        className="relative"
        onClick={(event) => press(event, onSelect, onToggle)}
        onDoubleClick={(event) => {
          const span = spanAt(event.target);
          if (span !== undefined) onToggle(span);
        }}
      >
        <div
          aria-hidden
          className="pointer-events-none absolute inset-y-0"
          style={{ left: nameWidth, right: LABEL_PX }}
        >
          {ticks.map((tick) => (
            <i
              key={tick}
              className="absolute inset-y-0 w-px bg-line/70"
              style={{ left: `${((tick - view.start) / (view.end - view.start)) * 100}%` }}
            />
          ))}
          <div ref={cursor} data-testid="time-cursor" hidden className="absolute inset-y-0 z-10 w-px bg-accent" />
        </div>
      </div>
    </div>
  );
}

function spanAt(target: EventTarget): number | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-span]") : null;
  return row === null ? undefined : Number(row.dataset["span"]);
}

/** A plain click on a row selects it; one with a key held is the browser's, since the name is a link. */
function press(event: React.MouseEvent, onSelect: (span: number) => void, onToggle: (span: number) => void): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const span = spanAt(event.target);
  if (span === undefined) return;
  event.preventDefault();
  if (event.target instanceof Element && event.target.closest(".wf-toggle") !== null) onToggle(span);
  else onSelect(span);
}

/** Clocks of logs are coarse: a line from just outside the trace is marked at its edge. */
function moveCursor(cursor: HTMLElement | null, time: number | undefined, { view, model }: WaterfallState): void {
  if (cursor === null) return;
  const offset = time === undefined ? undefined : Math.max(0, Math.min(model.totalNanos, time));
  const share = offset === undefined ? -1 : (offset - view.start) / (view.end - view.start);
  cursor.hidden = share < 0 || share > 1;
  cursor.style.left = `${share * 100}%`;
}

interface WheelState {
  readonly view: TimeView;
  readonly totalNanos: number;
  readonly onView: (view: TimeView) => void;
  readonly nameWidth: number;
}

/** With Ctrl it zooms about the pointer; sideways it moves a zoomed view. */
function wheel(event: WheelEvent, element: HTMLElement, { view, totalNanos, onView, nameWidth }: WheelState): void {
  const left = element.getBoundingClientRect().left + nameWidth;
  const width = element.clientWidth - nameWidth - LABEL_PX;
  const viewNanos = view.end - view.start;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    const share = Math.max(0, Math.min(1, (event.clientX - left) / width));
    onView(zoomed(view, view.start + share * viewNanos, Math.exp(event.deltaY * WHEEL_ZOOM), totalNanos));
    return;
  }
  const sideways = event.deltaX !== 0 ? event.deltaX : event.shiftKey ? event.deltaY : 0;
  if (sideways === 0 || viewNanos >= totalNanos) return;
  event.preventDefault();
  const moved = (sideways / width) * viewNanos;
  onView(within({ start: view.start + moved, end: view.end + moved }, totalNanos));
}
