import type { SampleColumns } from "./sample-columns.ts";
import { overlaps, startsAnew } from "./start-times.ts";

/** Where counting began anew in a series of floats: found once, asked for every window. */
export interface CounterResets {
  /** Ascending indices of samples before which the counter fell back. */
  readonly at: readonly number[];
  /** Ascending indices of samples whose counting began before the sample before them, but not together with it. */
  readonly overlapping: readonly number[];
}

export function counterResets({ floats, floatTimes, floatStarts }: SampleColumns): CounterResets {
  const at: number[] = [];
  const overlapping: number[] = [];
  for (let i = 1; i < floats.length; i++) {
    const hasFallen = floats[i]! < floats[i - 1]!;
    if (floatStarts === undefined) {
      if (hasFallen) at.push(i);
      continue;
    }
    const startMs = floatStarts[i]!;
    if (startMs === floatStarts[i - 1] && startMs < floatTimes[i - 1]!) {
      if (hasFallen) at.push(i);
      continue;
    }
    const previous = { timeMs: floatTimes[i - 1]!, startMs: floatStarts[i - 1]! };
    const current = { timeMs: floatTimes[i]!, startMs };
    if (hasFallen || startsAnew(previous, current)) at.push(i);
    if (overlaps(previous, current)) overlapping.push(i);
  }
  return { at, overlapping };
}

/** Whether any of the indices lies in `(first, end)`. */
export function anyBetween(indices: readonly number[], first: number, end: number): boolean {
  return (indices[placeAfter(indices, first)] ?? end) < end;
}

/** The place of the first index that is greater than `first`. */
export function placeAfter(indices: readonly number[], first: number): number {
  let [low, high] = [0, indices.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (indices[middle]! > first) high = middle;
    else low = middle + 1;
  }
  return low;
}
