import uPlot from "uplot";
import type { Series } from "./series.ts";
import { token, type SeriesStyle } from "./theme-colours.ts";
import { formatTick, type Unit } from "./unit.ts";

/** What a plot asks anew each time it draws, so that data may change without a new plot. */
export interface PlotState {
  readonly startMs: number;
  readonly endMs: number;
  /** The least and the greatest value that must be seen besides the series'. */
  readonly alsoShown: readonly number[];
  readonly unit: Unit;
}

interface PlotSettings {
  readonly state: () => PlotState;
  readonly series: readonly Series[];
  readonly styles: readonly SeriesStyle[];
  readonly onSelect: (startMs: number, endMs: number) => void;
  readonly onDraw: (plot: uPlot) => void;
  readonly onCursor: (plot: uPlot) => void;
}

/** A drag that is shorter is a click. */
const MIN_DRAG_PX = 6;
const AXIS_FONT = '11px Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif';
/** Where all values lie in the upper part of the axis, it does not begin at zero. */
const FAR_FROM_ZERO = 0.7;
const BINARY_INCREMENTS = Array.from({ length: 60 }, (_unused, i) => 2 ** i);

export function plotOptions(settings: PlotSettings): uPlot.Options {
  const { state, series, styles, onSelect, onDraw, onCursor } = settings;
  const [muted, line] = [token("--muted"), token("--line")];
  const axis = { stroke: muted, font: AXIS_FONT, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const select = (plot: uPlot): void => {
    const { left, width } = plot.select;
    if (width < MIN_DRAG_PX) return;
    const [from, to] = [plot.posToVal(left, "x") * 1_000, plot.posToVal(left + width, "x") * 1_000];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    onSelect(from, to);
  };
  return {
    width: 100,
    height: 100,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      points: { size: 7, width: 2 },
      focus: { prox: 24 },
      drag: { x: true, y: false, setScale: false, dist: MIN_DRAG_PX },
    },
    focus: { alpha: 0.35 },
    scales: {
      x: { time: true, range: () => [state().startMs / 1_000, state().endMs / 1_000] },
      y: { range: (_plot, min, max) => valueRange(min, max, state().alsoShown) },
    },
    axes: [
      { ...axis, space: 64, size: 26, gap: 6, values: timeTicks },
      {
        ...axis,
        space: 38,
        size: (_plot, values) => Math.max(36, ...(values ?? []).map((text) => text.length * 6.6 + 14)),
        gap: 6,
        values: (_plot, splits) => splits.map((value) => formatTick(value, state().unit)),
        ...(state().unit.isBinary ? { incrs: BINARY_INCREMENTS } : {}),
      },
    ],
    series: [
      {},
      ...series.map((_one, i) => ({
        stroke: styles[i]?.stroke ?? muted,
        dash: [...(styles[i]?.dash ?? [])],
        width: 1.5,
        // A lone value between two gaps is a point; a line of points would hide the exemplars.
        points: { size: 4, show: (plot: uPlot, at: number) => isSparse(plot.data[at] ?? []) },
      })),
    ],
    hooks: { setSelect: [select], draw: [onDraw], setCursor: [onCursor], setSeries: [onCursor] },
  };
}

function isSparse(values: ArrayLike<number | null | undefined>): boolean {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== null && values[i] !== undefined) count++;
  return count <= 2;
}

function valueRange(dataMin: number | null, dataMax: number | null, alsoShown: readonly number[]): [number, number] {
  const all = [dataMin, dataMax, ...alsoShown].filter((value): value is number => value !== null);
  if (all.length === 0) return [0, 1];
  const [min, max] = [Math.min(...all), Math.max(...all)];
  if (min === 0 && max === 0) return [0, 1];
  if (min >= 0 && min <= FAR_FROM_ZERO * max) return [0, max * 1.06];
  const [from, to] = uPlot.rangeNum(min, max, 0.1, true);
  return [from ?? min, to ?? max];
}

const MINUTE = 60;
const DAY = 86_400;

/** The time of day; the date where a day begins, and seconds where they tell. */
function timeTicks(_plot: uPlot, splits: number[], _axis: number, _space: number, increment: number): string[] {
  return splits.map((seconds) => {
    const date = new Date(seconds * 1_000);
    if (increment >= DAY || (date.getHours() === 0 && date.getMinutes() === 0 && increment >= MINUTE)) {
      return date.toLocaleDateString(undefined, { month: "short", day: "numeric" });
    }
    const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
    return increment < MINUTE ? `${time}:${two(date.getSeconds())}` : time;
  });
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
