import { useRef, useState, type PointerEvent } from "react";
import { formatClock, formatCount } from "../format/format.ts";
import type { BucketGrid } from "./bucket-grid.ts";
import { timeTicks } from "./time-ticks.ts";

export interface BarLayer {
  readonly name: string;
  readonly colour: string;
}

export interface Bar {
  readonly startMs: number;
  /** One a layer, in the layers' order: the first lies at the foot. */
  readonly counts: readonly number[];
}

interface StackedBarsProps {
  /** Says what is counted to those who cannot see it. */
  readonly label: string;
  readonly grid: BucketGrid;
  readonly bars: readonly Bar[];
  readonly layers: readonly BarLayer[];
  /** Gets the whole buckets that were dragged over, or clicked. */
  readonly onSelect: (startMs: number, endMs: number) => void;
}

/** The share of a bucket's width that its bar takes. */
const FILL = 0.82;
/** Of a bar that is not nothing, in percent of the chart's height. */
const LEAST_HEIGHT = 2;

/** Counts over time as stacked bars. Fills its parent; dragging selects a time range. */
export function StackedBars({ label, grid, bars, layers, onSelect }: StackedBarsProps) {
  const area = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number>();
  const [from, setFrom] = useState<number>();
  const max = Math.max(1, ...bars.map(({ counts }) => sum(counts)));
  const total = sum(bars.map(({ counts }) => sum(counts)));
  const bucketAt = (event: PointerEvent): number => {
    const box = area.current?.getBoundingClientRect();
    if (box === undefined) return 0;
    const part = (event.clientX - box.left) / box.width;
    return Math.min(grid.count - 1, Math.max(0, Math.floor(part * grid.count)));
  };
  const select = (): void => {
    if (from !== undefined && at !== undefined) {
      const [first, last] = [Math.min(from, at), Math.max(from, at)];
      onSelect(grid.startMs + first * grid.bucketMs, grid.startMs + (last + 1) * grid.bucketMs);
    }
    setFrom(undefined);
  };
  const hovered = at === undefined ? undefined : grid.startMs + at * grid.bucketMs;
  return (
    <div className="flex size-full min-h-0 flex-col">
      <div
        ref={area}
        role="img"
        aria-label={`${label}: ${total} in all, at most ${max} in ${grid.bucketMs / 1_000}s`}
        className="relative min-h-0 flex-1 cursor-crosshair touch-none border-b border-line select-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(bucketAt(event));
        }}
        onPointerMove={(event) => setAt(bucketAt(event))}
        onPointerUp={select}
        onPointerCancel={() => setFrom(undefined)}
        onPointerLeave={() => setAt(undefined)}
      >
        <span
          aria-hidden
          className="absolute top-0 left-0 z-[1] rounded-sm bg-surface/85 pr-1 text-xs leading-none text-muted"
        >
          {formatCount(max)}
        </span>
        <Bars grid={grid} bars={bars} layers={layers} max={max} />
        {at !== undefined && <Band grid={grid} from={from ?? at} to={at} />}
        {hovered !== undefined && at !== undefined && (
          <BarTooltip
            startMs={hovered}
            bar={bars.find(({ startMs }) => startMs === hovered)}
            layers={layers}
            part={(at + 0.5) / grid.count}
          />
        )}
      </div>
      <TimeAxis grid={grid} />
    </div>
  );
}

interface BarsProps {
  readonly grid: BucketGrid;
  readonly bars: readonly Bar[];
  readonly layers: readonly BarLayer[];
  readonly max: number;
}

function Bars({ grid, bars, layers, max }: BarsProps) {
  const width = 100 / grid.count;
  return (
    <svg className="absolute inset-0 size-full" aria-hidden>
      {bars.map(({ startMs, counts }) => {
        const left = ((startMs - grid.startMs) / grid.bucketMs) * width;
        let foot = 100;
        return layers.map(({ name, colour }, i) => {
          const count = counts[i] ?? 0;
          if (count === 0) return null;
          // A few errors among thousands must still be seen.
          const height = Math.max((count / max) * 94, LEAST_HEIGHT);
          foot -= height;
          return (
            <rect
              key={`${startMs} ${name}`}
              x={`${left + (width * (1 - FILL)) / 2}%`}
              width={`${width * FILL}%`}
              y={`${foot}%`}
              height={`${height}%`}
              fill={colour}
            />
          );
        });
      })}
    </svg>
  );
}

function Band({ grid, from, to }: { readonly grid: BucketGrid; readonly from: number; readonly to: number }) {
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  return (
    <span
      aria-hidden
      className="pointer-events-none absolute inset-y-0 bg-accent/12"
      style={{ left: `${(first / grid.count) * 100}%`, width: `${((last - first + 1) / grid.count) * 100}%` }}
    />
  );
}

interface BarTooltipProps {
  readonly startMs: number;
  readonly bar: Bar | undefined;
  readonly layers: readonly BarLayer[];
  /** Where it stands, from 0 on the left to 1. */
  readonly part: number;
}

function BarTooltip({ startMs, bar, layers, part }: BarTooltipProps) {
  const rows = layers.map((layer, i) => ({ ...layer, count: bar?.counts[i] ?? 0 })).filter(({ count }) => count > 0);
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-0 z-20 rounded-md border border-line bg-surface px-2 py-1.5 text-sm whitespace-nowrap shadow-popup"
      style={part > 0.5 ? { right: `calc(${(1 - part) * 100}% + 12px)` } : { left: `calc(${part * 100}% + 12px)` }}
    >
      <p className="font-mono text-xs text-muted">{formatClock(startMs).slice(0, 8)}</p>
      {rows.length === 0 && <p className="text-muted">nothing</p>}
      {rows.toReversed().map(({ name, colour, count }) => (
        <p key={name} className="flex items-center gap-1.5 leading-[18px]">
          <span className="size-2 rounded-[2px]" style={{ background: colour }} />
          <span className="flex-1">{name}</span>
          <span className="pl-3 font-mono">{count}</span>
        </p>
      ))}
    </div>
  );
}

function TimeAxis({ grid }: { readonly grid: BucketGrid }) {
  return (
    <div aria-hidden className="relative h-4 shrink-0 overflow-hidden text-xs text-muted">
      {timeTicks(grid.startMs, grid.endMs).map(({ timeMs, text }) => (
        <span
          key={timeMs}
          className="absolute -translate-x-1/2 whitespace-nowrap"
          style={{ left: `${((timeMs - grid.startMs) / (grid.endMs - grid.startMs)) * 100}%` }}
        >
          {text}
        </span>
      ))}
    </div>
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
