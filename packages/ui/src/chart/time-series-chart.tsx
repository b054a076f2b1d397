import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import uPlot from "uplot";
import "./chart.css";
import { CursorReadout, type CursorPlace } from "./cursor-readout.tsx";
import { thinned, type Exemplar } from "./exemplar.ts";
import { ExemplarLayer, type PlotGeometry } from "./exemplar-layer.tsx";
import { plotOptions, type PlotState } from "./plot-options.ts";
import type { Frame, Series } from "./series.ts";
import { useTheme, type SeriesStyle } from "./theme-colours.ts";
import type { Unit } from "./unit.ts";

interface TimeSeriesChartProps {
  /** Says what is drawn to those who cannot see it. */
  readonly label: string;
  readonly frame: Frame;
  /** The series of the frame that are drawn, each with its style. */
  readonly series: readonly Series[];
  readonly styles: readonly SeriesStyle[];
  readonly startMs: number;
  readonly endMs: number;
  readonly unit: Unit;
  readonly exemplars: readonly Exemplar[];
  /** Whether exemplars are measured in what the axis shows; others stand in a strip below. */
  readonly exemplarsOnAxis: boolean;
  readonly exemplarUnit: Unit;
  readonly onSelect: (startMs: number, endMs: number) => void;
}

/** How far above the series exemplars may stretch the axis; those beyond stand at its top. */
const MAX_STRETCH = 3;

/**
 * Lines over time, with exemplars as points that lead to their spans. Fills its parent; dragging
 * selects a time range. While an exemplar is pointed at, the chart stands still.
 */
export function TimeSeriesChart(props: TimeSeriesChartProps) {
  const [held, setHeld] = useState<TimeSeriesChartProps>();
  const hold = (isHeld: boolean): void => setHeld(isHeld ? props : undefined);
  return <Plot {...(held ?? props)} isHeld={held !== undefined} onHold={hold} />;
}

type PlotProps = TimeSeriesChartProps & {
  /** An exemplar is pointed at: its tooltip stands alone. */
  readonly isHeld: boolean;
  readonly onHold: (isHeld: boolean) => void;
};

function Plot(props: PlotProps) {
  const { label, frame, series, styles, startMs, endMs, unit, exemplars, exemplarsOnAxis, exemplarUnit } = props;
  const shown = useMemo(
    () => thinned(exemplars, startMs, endMs, !exemplarsOnAxis),
    [exemplars, startMs, endMs, exemplarsOnAxis],
  );
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [over, setOver] = useState<HTMLElement>();
  const [geometry, setGeometry] = useState<PlotGeometry>();
  const [cursor, setCursor] = useState<CursorPlace>();
  const state = useRef<PlotState>({ startMs, endMs, unit, alsoShown: [] });
  const onSelect = useEffectEvent(props.onSelect);
  const theme = useTheme();
  const structure = `${theme} ${unit.title} ${unit.isBinary} ${series.map(({ key }, i) => `${key}${styles[i]?.stroke}`).join()}`;

  useLayoutEffect(() => {
    state.current = { startMs, endMs, unit, alsoShown: exemplarsOnAxis ? exemplarExtremes(shown, series) : [] };
  }, [startMs, endMs, unit, exemplarsOnAxis, shown, series]);

  useLayoutEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const options = plotOptions({
      state: () => state.current,
      series,
      styles,
      onSelect: (from, to) => onSelect(from, to),
      onDraw: (drawn) => setGeometry((before) => geometryOf(drawn, before)),
      onCursor: (moved) => setCursor(cursorPlace(moved)),
    });
    const size = element.getBoundingClientRect();
    const made = new uPlot({ ...options, width: size.width, height: size.height }, dataOf(frame, series), element);
    plot.current = made;
    setOver(made.over);
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) made.setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      setOver(undefined);
      setCursor(undefined);
      made.destroy();
    };
    // The plot is made anew only where its series or colours change; data and window reach it below.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [structure]);

  useEffect(() => {
    plot.current?.setData(dataOf(frame, series));
  }, [frame, series, startMs, endMs, shown, exemplarsOnAxis]);

  return (
    <div className="relative size-full min-h-0">
      <div ref={holder} role="img" aria-label={label} className="absolute inset-0" />
      {over !== undefined &&
        geometry !== undefined &&
        createPortal(
          <>
            <CursorReadout
              cursor={props.isHeld ? undefined : cursor}
              frame={frame}
              series={series}
              styles={styles}
              unit={unit}
            />
            <ExemplarLayer
              exemplars={shown}
              geometry={geometry}
              onAxis={exemplarsOnAxis}
              unit={exemplarUnit}
              onHold={props.onHold}
            />
          </>,
          over,
        )}
    </div>
  );
}

function dataOf({ times }: Frame, series: readonly Series[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

function exemplarExtremes(exemplars: readonly Exemplar[], series: readonly Series[]): number[] {
  if (exemplars.length === 0) return [];
  const top = Math.max(...series.map(({ max }) => max));
  const values = exemplars.map(({ value }) => value);
  const greatest = Math.max(...values);
  return [Math.min(...values), Number.isFinite(top) ? Math.min(greatest, top * MAX_STRETCH) : greatest];
}

function geometryOf(plot: uPlot, before: PlotGeometry | undefined): PlotGeometry {
  const { x, y } = plot.scales;
  const now: PlotGeometry = {
    width: plot.over.clientWidth,
    height: plot.over.clientHeight,
    xMin: x?.min ?? 0,
    xMax: x?.max ?? 1,
    yMin: y?.min ?? 0,
    yMax: y?.max ?? 1,
  };
  const isSame =
    before !== undefined && (Object.keys(now) as (keyof PlotGeometry)[]).every((k) => now[k] === before[k]);
  return isSame ? before : now;
}

function cursorPlace({ cursor, over }: uPlot): CursorPlace | undefined {
  const { left = -10, top = -10, idx } = cursor;
  if (left < 0 || idx === null || idx === undefined) return undefined;
  return { left, top, index: idx, width: over.clientWidth, height: over.clientHeight };
}
