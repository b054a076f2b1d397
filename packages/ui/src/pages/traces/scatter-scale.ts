/** Where traces stand on the plot of duration over time, and which of them is under the pointer. */
import type { TraceSummary } from "../../api/types.ts";
import { millisOf } from "../../format/format.ts";
import type { ResolvedRange } from "../../time/time-range.ts";

export interface Dot {
  readonly trace: TraceSummary;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly isError: boolean;
}

export interface ScatterScale {
  readonly x: (unixMs: number) => number;
  readonly timeAt: (x: number) => number;
  readonly y: (nanos: number) => number;
  /** Round durations within the plot, in nanoseconds: powers of ten, and between them where those are few. */
  readonly ticks: readonly number[];
}

const MOST_RADIUS = 10;
const LEAST_RADIUS = 2.5;
/** How far from a dot the pointer may be. */
const REACH_PX = 12;

/** The plot's area in pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function scatterScale(
  traces: readonly TraceSummary[],
  { startMs, endMs }: ResolvedRange,
  area: Area,
): ScatterScale {
  const logs = traces.map(({ durationNanos }) => Math.log10(Math.max(1_000, Number(durationNanos))));
  const least = logs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  // At least one power of ten high, and a little air above and below.
  const spare = Math.max(0.12, (1 - (most - least)) / 2);
  const [low, high] = traces.length === 0 ? [6, 9] : [least - spare, most + spare];
  const ticks: number[] = [];
  const factors = high - low < 2 ? [1, 2, 5] : [1];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const factor of factors) {
      const at = power + Math.log10(factor);
      if (at >= low && at <= high) ticks.push(factor * 10 ** power);
    }
  }
  const span = Math.max(1, endMs - startMs);
  return {
    x: (unixMs) => area.left + ((unixMs - startMs) / span) * area.width,
    timeAt: (x) => startMs + ((x - area.left) / area.width) * span,
    y: (nanos) => area.top + area.height * (1 - (Math.log10(Math.max(1_000, nanos)) - low) / (high - low)),
    ticks,
  };
}

/** Small and failed ones last, so that they are drawn over the others. */
export function dotsOf(traces: readonly TraceSummary[], scale: ScatterScale): Dot[] {
  const dots = traces.map((trace) => ({
    trace,
    x: scale.x(millisOf(trace.startUnixNano)),
    y: scale.y(Number(trace.durationNanos)),
    radius: Math.min(MOST_RADIUS, LEAST_RADIUS + Math.log2(Math.max(1, trace.spanCount)) * 0.55),
    isError: trace.errorCount > 0,
  }));
  return dots.sort((a, b) => Number(a.isError) - Number(b.isError) || b.radius - a.radius);
}

/** The nearest dot within reach; of equally near ones the last drawn. */
export function dotAt(dots: readonly Dot[], x: number, y: number): Dot | undefined {
  let found: Dot | undefined;
  let nearest = Number.POSITIVE_INFINITY;
  for (const dot of dots) {
    const distance = Math.max(0, Math.hypot(dot.x - x, dot.y - y) - dot.radius);
    if (distance <= Math.min(REACH_PX, nearest)) [found, nearest] = [dot, distance];
  }
  return found;
}
