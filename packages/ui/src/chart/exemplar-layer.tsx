import { Link } from "@tanstack/react-router";
import { memo, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { formatClock } from "../format/format.ts";
import { serviceColour } from "../service/service-colour.ts";
import { useRangeSearch } from "../time/use-time-range.ts";
import type { Exemplar } from "./exemplar.ts";
import type { Unit } from "./unit.ts";

/** The plotting area in pixels, and the window that it shows: seconds by values. */
export interface PlotGeometry {
  readonly width: number;
  readonly height: number;
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
}

interface ExemplarLayerProps {
  readonly exemplars: readonly Exemplar[];
  readonly geometry: PlotGeometry;
  readonly onAxis: boolean;
  readonly unit: Unit;
  /** Whether one is pointed at, which then must not move. */
  readonly onHold: (isHeld: boolean) => void;
}

interface Point {
  readonly exemplar: Exemplar;
  readonly left: number;
  readonly top: number;
}

/** The pointer takes the nearest exemplar within this distance. */
const SNAP_PX = 14;
/** Where exemplars stand that are not measured in what the axis shows: so far above its foot. */
const STRIP_PX = 7;

/** Exemplars as diamonds, each a link to its span. Lies in the plotting area, whose crosshair and drags stay at work below. */
export function ExemplarLayer({ exemplars, geometry, onAxis, unit, onHold }: ExemplarLayerProps) {
  const points = useMemo(
    () => exemplars.map((exemplar) => placed(exemplar, geometry, onAxis)),
    [exemplars, geometry, onAxis],
  );
  const layer = useRef<HTMLDivElement>(null);
  const [activeId, setActive] = useState<string>();
  const activate = useEffectEvent((x: number, y: number) => {
    const found = nearest(points, x, y);
    setActive(found === undefined ? undefined : idOf(found.exemplar));
  });
  useEffect(() => {
    const area = layer.current?.parentElement;
    if (area === null || area === undefined) return undefined;
    const onMove = (event: MouseEvent): void => {
      const box = area.getBoundingClientRect();
      activate(event.clientX - box.left, event.clientY - box.top);
    };
    const onLeave = (): void => setActive(undefined);
    area.addEventListener("mousemove", onMove);
    area.addEventListener("mouseleave", onLeave);
    return () => {
      area.removeEventListener("mousemove", onMove);
      area.removeEventListener("mouseleave", onLeave);
    };
  }, []);
  const isHeld = activeId !== undefined;
  const hold = useEffectEvent(onHold);
  useEffect(() => {
    if (!isHeld) return undefined;
    hold(true);
    return () => hold(false);
  }, [isHeld]);
  const active = points.find(({ exemplar }) => idOf(exemplar) === activeId);
  return (
    <div ref={layer}>
      {points.map((point) => (
        <Diamond
          key={idOf(point.exemplar)}
          exemplar={point.exemplar}
          left={point.left}
          top={point.top}
          unit={unit}
          isActive={point === active}
          onActive={setActive}
        />
      ))}
      {active !== undefined && <Tooltip point={active} geometry={geometry} unit={unit} />}
    </div>
  );
}

interface DiamondProps {
  readonly exemplar: Exemplar;
  readonly left: number;
  readonly top: number;
  readonly unit: Unit;
  readonly isActive: boolean;
  readonly onActive: (id: string | undefined) => void;
}

const Diamond = memo(function Diamond({ exemplar, left, top, unit, isActive, onActive }: DiamondProps) {
  const range = useRangeSearch();
  const { traceId, spanId, value, timeMs, service } = exemplar;
  // The one under the pointer reaches as far as the snapping does, so that a click anywhere there is a click on it.
  const size = isActive ? SNAP_PX * 2 : 14;
  return (
    <Link
      to="/trace/$traceId"
      params={{ traceId }}
      search={{ ...range, ...(spanId === "" ? {} : { span: spanId }) }}
      data-testid="exemplar"
      draggable={false}
      aria-label={`Exemplar ${unit.format(value)} at ${formatClock(timeMs)}${service === "" ? "" : ` of ${service}`}: open its span`}
      className={`absolute grid -translate-x-1/2 -translate-y-1/2 cursor-pointer place-items-center rounded-full outline-offset-0 ${isActive ? "z-20" : "z-[5]"}`}
      style={{ left, top, width: size, height: size }}
      onFocus={() => onActive(idOf(exemplar))}
      onBlur={() => onActive(undefined)}
    >
      <span
        className={`rotate-45 rounded-[1px] border ${isActive ? "size-[11px] border-text" : "size-[7px] border-surface"}`}
        style={{ background: service === "" ? "var(--accent)" : serviceColour(service) }}
      />
    </Link>
  );
});

function Tooltip({ point, geometry, unit }: { point: Point; geometry: PlotGeometry; unit: Unit }) {
  const { exemplar, left, top } = point;
  const isLeft = left > geometry.width / 2;
  const isLow = top > geometry.height / 2;
  return (
    <div
      role="tooltip"
      className="pointer-events-none absolute z-30 rounded-md border border-line-strong bg-surface px-2.5 py-1.5 text-sm whitespace-nowrap shadow-popup"
      style={{
        ...(isLeft ? { right: geometry.width - left + 14 } : { left: left + 14 }),
        ...(isLow ? { bottom: geometry.height - top + 10 } : { top: top + 10 }),
      }}
    >
      <p className="flex items-baseline justify-between gap-4">
        <span className="font-semibold">{unit.format(exemplar.value)}</span>
        <span className="font-mono text-xs text-muted">{formatClock(exemplar.timeMs)}</span>
      </p>
      {exemplar.service !== "" && <p>{exemplar.service}</p>}
      <p className="font-mono text-xs text-muted">trace {exemplar.traceId}</p>
      <p className="text-xs text-accent">Click opens the span</p>
    </div>
  );
}

function placed(exemplar: Exemplar, { width, height, xMin, xMax, yMin, yMax }: PlotGeometry, onAxis: boolean): Point {
  const left = ((exemplar.timeMs / 1_000 - xMin) / (xMax - xMin)) * width;
  const above = onAxis ? ((exemplar.value - yMin) / (yMax - yMin)) * height : STRIP_PX;
  return { exemplar, left, top: Math.min(Math.max(height - above, STRIP_PX), height - STRIP_PX / 2) };
}

function nearest(points: readonly Point[], x: number, y: number): Point | undefined {
  let found: Point | undefined;
  let least = SNAP_PX * SNAP_PX;
  for (const point of points) {
    const distance = (point.left - x) ** 2 + (point.top - y) ** 2;
    if (distance <= least) {
      least = distance;
      found = point;
    }
  }
  return found;
}

function idOf({ traceId, spanId, value }: Exemplar): string {
  return `${traceId}/${spanId}/${value}`;
}
