import { useRef, useState } from "react";
import { formatNanos } from "../../format/format.ts";
import type { TimeView } from "./waterfall-row.ts";

/** Shorter drags are clicks. */
const LEAST_DRAG_PX = 4;

interface TimeAxisProps {
  readonly ticks: readonly number[];
  readonly view: TimeView;
  readonly onView: (view: TimeView) => void;
}

/** The times above the waterfall. Dragging across them zooms. */
export function TimeAxis({ ticks, view, onView }: TimeAxisProps) {
  const axis = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const width = view.end - view.start;
  const xOf = (event: React.PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(box.width, event.clientX - box.left));
  };
  const finish = (): void => {
    if (drag === undefined || axis.current === null) return;
    setDrag(undefined);
    const [left, right] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if (right - left < LEAST_DRAG_PX) return;
    const nanosPerPx = width / axis.current.clientWidth;
    onView({ start: view.start + left * nanosPerPx, end: view.start + right * nanosPerPx });
  };
  return (
    <div
      ref={axis}
      title="Drag to zoom"
      className="absolute inset-0 cursor-crosshair touch-none select-none"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: xOf(event), to: xOf(event) });
      }}
      onPointerMove={(event) => {
        if (drag !== undefined) setDrag({ from: drag.from, to: xOf(event) });
      }}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(undefined)}
    >
      {ticks.map((tick) => (
        <span
          key={tick}
          className="absolute inset-y-0 flex items-center border-l border-line pl-1.5 whitespace-nowrap"
          style={{ left: `${((tick - view.start) / width) * 100}%` }}
        >
          {tickLabel(tick, ticks)}
        </span>
      ))}
      {drag !== undefined && (
        <div
          className="absolute inset-y-0 border-x border-accent bg-accent/20"
          style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
        />
      )}
    </div>
  );
}

/** As exact as the ticks' distance asks for: `1.2004s` where they are 100 µs apart. */
function tickLabel(tick: number, ticks: readonly number[]): string {
  if (tick === 0) return "0";
  const step = (ticks[1] ?? tick) - (ticks[0] ?? 0);
  const [unit, size] = tick >= 1e9 ? ["s", 1e9] : tick >= 1e6 ? ["ms", 1e6] : tick >= 1e3 ? ["µs", 1e3] : ["ns", 1];
  if (ticks.length < 2 || size === 1) return formatNanos(tick);
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return `${(tick / size).toFixed(digits)}${unit}`;
}
