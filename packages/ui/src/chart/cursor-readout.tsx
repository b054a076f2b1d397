import { formatClock } from "../format/format.ts";
import { commonLabels, shortName, without, type Frame, type Series } from "./series.ts";
import type { SeriesStyle } from "./theme-colours.ts";
import type { Unit } from "./unit.ts";

/** Where the pointer is, in pixels of the plotting area, and at which of the frame's times. */
export interface CursorPlace {
  readonly left: number;
  readonly top: number;
  readonly index: number;
  readonly width: number;
  readonly height: number;
}

interface CursorReadoutProps {
  readonly cursor: CursorPlace | undefined;
  readonly frame: Frame;
  readonly series: readonly Series[];
  readonly styles: readonly SeriesStyle[];
  readonly unit: Unit;
}

const MAX_ROWS = 6;

/** The values at the crosshair, greatest first. Gives way to an exemplar's tooltip, which is drawn above it. */
export function CursorReadout({ cursor, frame, series, styles, unit }: CursorReadoutProps) {
  if (cursor === undefined) return null;
  const common = commonLabels(series);
  const rows = series
    .map(({ key, labels, values }, i) => ({ key, labels, value: values[cursor.index] ?? null, style: styles[i] }))
    .filter((row): row is typeof row & { value: number } => row.value !== null)
    .toSorted((a, b) => b.value - a.value);
  const time = frame.times[cursor.index];
  if (rows.length === 0 || time === undefined) return null;
  const isLeft = cursor.left > cursor.width / 2;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-1 z-10 max-w-[26rem] rounded-md border border-line bg-surface/95 px-2 py-1.5 text-sm shadow-popup"
      style={isLeft ? { right: cursor.width - cursor.left + 12 } : { left: cursor.left + 12 }}
    >
      <p className="mb-0.5 font-mono text-xs text-muted">{formatClock(time * 1_000)}</p>
      {rows.slice(0, MAX_ROWS).map(({ key, labels, value, style }) => (
        <p key={key} className="flex items-center gap-1.5 leading-[18px]">
          <span className="h-[3px] w-2.5 shrink-0 rounded-sm" style={{ background: style?.stroke }} />
          <span className="min-w-0 flex-1 truncate">{shortName(without(labels, common))}</span>
          <span className="pl-2 font-mono">{unit.format(value)}</span>
        </p>
      ))}
      {rows.length > MAX_ROWS && <p className="text-xs text-faint">and {rows.length - MAX_ROWS} more</p>}
    </div>
  );
}
