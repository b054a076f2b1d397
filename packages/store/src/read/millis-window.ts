import { Conditions } from "./conditions.ts";

/** Milliseconds since the Unix epoch. */
export interface MillisWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** Points with `startMs < time <= endMs`. */
export function timeConditions({ startMs, endMs }: MillisWindow): Conditions {
  return new Conditions().add(
    `Timestamp > fromUnixTimestamp64Milli(${millis(startMs)}) AND Timestamp <= fromUnixTimestamp64Milli(${millis(endMs)})`,
  );
}

/** Series that were written on the window's days. */
export function dayConditions({ startMs, endMs }: MillisWindow): Conditions {
  return new Conditions().add(`Day BETWEEN ${day(startMs)} AND ${day(endMs)}`);
}

function day(timeMs: number): string {
  return `toDate(toDateTime64(${Math.max(0, Math.floor(timeMs / 1_000))}, 0, 'UTC'))`;
}

function millis(timeMs: number): string {
  return `toInt64(${Math.round(Math.min(Math.max(timeMs, -9e12), 9e12))})`;
}
