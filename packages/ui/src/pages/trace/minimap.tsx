import { useEffect, useRef, useState } from "react";
import { clearedCanvas, useCanvasInk } from "../../trace/canvas-ink.ts";
import { durationOf, isError, isPassedOn, serviceOf, startOf } from "../../trace/trace-model.ts";
import type { TimeView, WaterfallState } from "./waterfall-row.ts";
import { within } from "./waterfall-rows.ts";

const HEIGHT = 52;
const MARGIN = 4;
const HANDLE_PX = 6;
const LEAST_DRAG_PX = 4;

interface MinimapProps {
  readonly state: WaterfallState;
  readonly width: number;
  readonly onView: (view: TimeView) => void;
}

type Drag = { readonly kind: "new" | "start" | "end" | "move"; readonly from: number; readonly view: TimeView };

/** The whole trace in 52 pixels. Drag across it to zoom, drag the window or its edges to move it, double-click for all. */
export function Minimap({ state: { model, rows, view }, width, onView }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const ink = useCanvasInk();
  const [drag, setDrag] = useState<Drag>();
  const total = model.totalNanos;

  useEffect(() => {
    if (canvas.current === null) return;
    const context = clearedCanvas(canvas.current, width, HEIGHT);
    if (context === undefined) return;
    const { skeleton } = model;
    const colours = skeleton.services.map(ink.service);
    const error = ink.token("error");
    const step = Math.min(4, (HEIGHT - 2 * MARGIN) / rows.length);
    const thickness = Math.max(1, Math.min(2, step));
    const top = (HEIGHT - step * rows.length) / 2;
    // Errors last, so that no other bar hides them.
    for (const errors of [false, true]) {
      rows.forEach((span, i) => {
        if ((isError(skeleton, span) && !isPassedOn(model, span)) !== errors) return;
        context.fillStyle = errors
          ? error
          : (colours[skeleton.spans.service[span] ?? 0] ?? ink.service(serviceOf(skeleton, span)));
        const left = (startOf(skeleton, span) / total) * width;
        const length = Math.max(1.5, (durationOf(skeleton, span) / total) * width);
        context.fillRect(left, top + i * step, length, thickness);
      });
    }
  }, [model, rows, width, total, ink]);

  const x = (offset: number): number => (offset / total) * width;
  const [left, right] = [x(view.start), x(view.end)];
  const isWhole = view.start <= 0 && view.end >= total;
  const pointerX = (event: React.PointerEvent): number =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;
  const kindAt = (at: number): Drag["kind"] => {
    if (isWhole) return "new";
    if (Math.abs(at - left) < HANDLE_PX) return "start";
    if (Math.abs(at - right) < HANDLE_PX) return "end";
    return at > left && at < right ? "move" : "new";
  };
  const follow = (at: number): void => {
    if (drag === undefined) return;
    const moved = ((at - drag.from) / width) * total;
    const to = (at / width) * total;
    const { start, end } = drag.view;
    if (drag.kind === "move") onView(within({ start: start + moved, end: end + moved }, total));
    else if (drag.kind === "start") onView(ordered(to, end, total));
    else if (drag.kind === "end") onView(ordered(start, to, total));
    else if (Math.abs(at - drag.from) >= LEAST_DRAG_PX) onView(ordered((drag.from / width) * total, to, total));
  };
  return (
    <div
      className="relative h-full touch-none overflow-hidden bg-surface select-none"
      style={{ width, cursor: "crosshair" }}
      title={isWhole ? "Drag to zoom" : "Double-click for the whole trace"}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ kind: kindAt(pointerX(event)), from: pointerX(event), view });
      }}
      onPointerMove={(event) => follow(pointerX(event))}
      onPointerUp={() => setDrag(undefined)}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => onView({ start: 0, end: total })}
    >
      <canvas ref={canvas} aria-hidden style={{ width, height: HEIGHT }} />
      {!isWhole && (
        <>
          <div className="absolute inset-y-0 left-0 bg-ground/75" style={{ width: Math.max(0, left) }} />
          <div className="absolute inset-y-0 right-0 bg-ground/75" style={{ width: Math.max(0, width - right) }} />
          <div
            className="absolute inset-y-0 cursor-grab border-x-2 border-accent active:cursor-grabbing"
            style={{ left: left - 1, width: Math.max(4, right - left + 2) }}
          >
            <span className="absolute inset-y-0 -left-1.5 w-2.5 cursor-ew-resize" />
            <span className="absolute inset-y-0 -right-1.5 w-2.5 cursor-ew-resize" />
          </div>
        </>
      )}
    </div>
  );
}

/** Between the two times, at least a microsecond, within the trace. */
function ordered(a: number, b: number, total: number): TimeView {
  const start = Math.max(0, Math.min(a, b));
  return within({ start, end: Math.max(start + 1_000, Math.min(total, Math.max(a, b))) }, total);
}
