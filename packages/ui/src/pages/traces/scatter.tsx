import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import type { TraceSummary } from "../../api/types.ts";
import { formatClock, formatNanos, millisOf } from "../../format/format.ts";
import { ServiceName } from "../../service/service-name.tsx";
import type { ResolvedRange } from "../../time/time-range.ts";
import { useRangeSearch, useTimeRange } from "../../time/use-time-range.ts";
import { clearedCanvas, useCanvasInk, type CanvasInk } from "../../trace/canvas-ink.ts";
import { useWidth } from "../../trace/use-width.ts";
import { dotAt, dotsOf, scatterScale, type Area, type Dot, type ScatterScale } from "./scatter-scale.ts";

const HEIGHT = 148;
const LEAST_DRAG_PX = 5;
const TIME_TICK_PX = 150;
const TOOLTIP_PX = 260;

interface ScatterProps {
  readonly traces: readonly TraceSummary[];
  readonly range: ResolvedRange;
  /** The trace that the list points at. */
  readonly markedId: string | undefined;
}

/** Each trace by when it began and how long it took. Pressing one opens it; dragging chooses a time range. The list below says the same in words. */
export function Scatter({ traces, range, markedId }: ScatterProps) {
  const { width, ref } = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const ink = useCanvasInk();
  const navigate = useNavigate();
  const rangeSearch = useRangeSearch();
  const { setRange } = useTimeRange();
  const [hovered, setHovered] = useState<Dot>();
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const area: Area = useMemo(
    () => ({ left: 56, top: 8, width: Math.max(1, width - 72), height: HEIGHT - 30 }),
    [width],
  );
  const scale = useMemo(() => scatterScale(traces, range, area), [traces, range, area]);
  const dots = useMemo(() => dotsOf(traces, scale), [traces, scale]);
  useEffect(() => {
    const context = canvas.current === null ? undefined : clearedCanvas(canvas.current, width, HEIGHT);
    if (context === undefined) return;
    drawAxes(context, area, scale, ink);
    for (const dot of dots) drawDot(context, dot, ink);
  }, [dots, scale, area, width, ink]);

  const pointer = (event: React.PointerEvent): readonly [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const finish = (event: React.PointerEvent): void => {
    if (drag === undefined) return;
    setDrag(undefined);
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if (to - from >= LEAST_DRAG_PX) {
      setRange({ from: String(Math.floor(scale.timeAt(from))), to: String(Math.ceil(scale.timeAt(to))) });
      return;
    }
    const dot = dotAt(dots, ...pointer(event));
    if (dot === undefined) return;
    void navigate({ to: "/trace/$traceId", params: { traceId: dot.trace.traceId }, search: rangeSearch });
  };
  const marked = hovered ?? dots.find(({ trace }) => trace.traceId === markedId);
  return (
    <div
      ref={ref}
      role="img"
      aria-label={`Duration over time of ${traces.length} traces; the list below has the same`}
      data-testid="trace-scatter"
      className={`relative shrink-0 touch-none border-b border-line bg-surface select-none ${hovered === undefined ? "cursor-crosshair" : "cursor-pointer"}`}
      style={{ height: HEIGHT }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const [x] = pointer(event);
        setDrag({ from: x, to: x });
      }}
      onPointerMove={(event) => {
        const [x, y] = pointer(event);
        if (drag !== undefined)
          setDrag({ from: drag.from, to: Math.max(area.left, Math.min(area.left + area.width, x)) });
        setHovered(dotAt(dots, x, y));
      }}
      onPointerLeave={() => setHovered(undefined)}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(undefined)}
    >
      <canvas ref={canvas} aria-hidden className="absolute inset-0" style={{ width, height: HEIGHT }} />
      {marked !== undefined && (
        <span
          className="pointer-events-none absolute rounded-full border-2 border-text"
          style={{
            left: marked.x - marked.radius - 4,
            top: marked.y - marked.radius - 4,
            width: 2 * marked.radius + 8,
            height: 2 * marked.radius + 8,
          }}
        />
      )}
      {drag !== undefined && Math.abs(drag.to - drag.from) >= LEAST_DRAG_PX && (
        <div
          className="pointer-events-none absolute border-x border-accent bg-accent/15"
          style={{
            left: Math.min(drag.from, drag.to),
            width: Math.abs(drag.to - drag.from),
            top: area.top,
            height: area.height,
          }}
        />
      )}
      {hovered !== undefined && drag === undefined && <Tooltip dot={hovered} width={width} />}
    </div>
  );
}

function Tooltip({ dot: { trace, x, y }, width }: { readonly dot: Dot; readonly width: number }) {
  return (
    <div
      role="tooltip"
      className="pointer-events-none absolute z-20 space-y-0.5 rounded-md border border-line bg-surface px-2.5 py-1.5 text-sm shadow-popup"
      style={{
        width: TOOLTIP_PX,
        left: x + TOOLTIP_PX + 24 < width ? x + 16 : x - TOOLTIP_PX - 16,
        top: Math.min(Math.max(4, y - 32), HEIGHT - 70),
      }}
    >
      <p className="flex gap-1.5 font-medium">
        <ServiceName name={trace.rootService} />
        <span className="truncate font-normal">{trace.rootOperation}</span>
      </p>
      <p>
        <strong className="font-semibold">{formatNanos(Number(trace.durationNanos))}</strong>
        <span className="text-muted"> at {formatClock(millisOf(trace.startUnixNano))}</span>
      </p>
      <p className="text-muted">
        {trace.spanCount} {trace.spanCount === 1 ? "span" : "spans"}
        {trace.errorCount > 0 && (
          <span className="text-error">
            {" "}
            · {trace.errorCount} {trace.errorCount === 1 ? "error" : "errors"}
          </span>
        )}
      </p>
    </div>
  );
}

function drawAxes(context: CanvasRenderingContext2D, area: Area, scale: ScatterScale, ink: CanvasInk): void {
  const { left, top, width, height } = area;
  context.font = "11px Inter, system-ui, sans-serif";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  context.strokeStyle = ink.token("line");
  context.fillStyle = ink.token("muted");
  context.textAlign = "right";
  for (const tick of scale.ticks) {
    const y = Math.round(scale.y(tick)) + 0.5;
    line(context, left, y, left + width, y);
    context.fillText(formatNanos(tick).replace(/\.0+(?=\D)/, ""), left - 8, y);
  }
  context.textAlign = "center";
  const steps = Math.max(1, Math.floor(width / TIME_TICK_PX));
  for (let i = 0; i <= steps; i++) {
    const x = left + (width * i) / steps;
    context.textAlign = i === steps ? "right" : i === 0 ? "left" : "center";
    context.fillText(formatClock(scale.timeAt(x)).slice(0, 8), x, top + height + 13);
  }
  line(context, left, top + height + 0.5, left + width, top + height + 0.5);
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/** A circle in the root service's colour, or a red diamond. */
function drawDot(context: CanvasRenderingContext2D, { trace, x, y, radius, isError }: Dot, ink: CanvasInk): void {
  const colour = isError ? ink.token("error") : ink.service(trace.rootService);
  context.beginPath();
  if (isError) {
    const reach = radius * 1.25;
    context.moveTo(x, y - reach);
    context.lineTo(x + reach, y);
    context.lineTo(x, y + reach);
    context.lineTo(x - reach, y);
    context.closePath();
  } else context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.globalAlpha = isError ? 0.75 : 0.35;
  context.fill();
  context.globalAlpha = 0.9;
  context.stroke();
  context.globalAlpha = 1;
}
