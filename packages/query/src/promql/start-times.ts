import type { RangeWindow } from "./range-window.ts";

/** When a sample was taken and when its counting began; 0 where that is not known. */
export interface SampleTimes {
  readonly startMs: number;
  readonly timeMs: number;
}

/** The times of the window's floats, or of its histograms; nothing where no start is known. */
export function sampleTimes(window: RangeWindow, kind: "floats" | "histograms"): readonly SampleTimes[] | undefined {
  const { floatTimes, floatStarts, histogramTimes, histogramStarts } = window.columns;
  const isFloats = kind === "floats";
  const starts = isFloats ? floatStarts : histogramStarts;
  if (starts === undefined) return undefined;
  const times = isFloats ? floatTimes : histogramTimes;
  const [first, end] = isFloats ? [window.firstFloat, window.endFloat] : [window.firstHistogram, window.endHistogram];
  return Array.from(times.subarray(first, end), (timeMs, i) => ({ timeMs, startMs: starts[first + i] ?? 0 }));
}

/**
 * Whether counting began anew after the sample before. A start at the very time of that sample means so for deltas,
 * but not where the start is not known, which OTLP writes as the sample's own time.
 */
export function startsAnew(previous: SampleTimes | undefined, current: SampleTimes | undefined): boolean {
  if (previous === undefined || current === undefined) return false;
  if (current.startMs === 0 || current.startMs >= current.timeMs || current.startMs < previous.timeMs) return false;
  if (current.startMs > previous.timeMs) return true;
  return previous.startMs !== 0 && previous.startMs < previous.timeMs;
}

/** The start of the first sample, where it lies in the window: the counter was zero then. */
export function knownZero(
  { rangeStartMs }: RangeWindow,
  times: readonly SampleTimes[] | undefined,
): number | undefined {
  const [first] = times ?? [];
  return first && zeroWithin(rangeStartMs, first.startMs, first.timeMs);
}

/** A counter's start, where it lies in a window that begins at `rangeStartMs` and before the first sample there. */
export function zeroWithin(rangeStartMs: number, startMs: number, firstMs: number): number | undefined {
  return startMs !== 0 && startMs > rangeStartMs && startMs < firstMs ? startMs : undefined;
}

/** The same for the window's floats. */
export function knownZeroOfFloats({ rangeStartMs, columns, firstFloat }: RangeWindow): number | undefined {
  return zeroWithin(rangeStartMs, columns.floatStarts?.[firstFloat] ?? 0, columns.floatTimes[firstFloat] ?? 0);
}

/** Says once if the counting of a sample began before the sample before it, but not together with it. */
export function warnOfOverlap(window: RangeWindow, times: readonly SampleTimes[] | undefined): void {
  const found = times?.some((current, i) => {
    const previous = times[i - 1];
    return previous !== undefined && overlaps(previous, current);
  });
  if (found === true) warnOfOverlapping(window);
}

/** Whether the counting of a sample began before the sample before it, but not together with it. */
export function overlaps(previous: SampleTimes, { startMs }: SampleTimes): boolean {
  return startMs !== 0 && startMs < previous.timeMs && startMs !== previous.startMs;
}

export function warnOfOverlapping({ annotations, labels, position }: RangeWindow): void {
  const problem = "sample has start time that overlaps with previous sample timestamp";
  annotations.warn(`${problem} for metric ${JSON.stringify(labels.metricName)}`, position);
}
