import { Conditions } from "./conditions.ts";

/** Milliseconds since the Unix epoch. */
export interface MillisWindow {
  readonly startMs: number;
  readonly endMs: number;
}

const DAY_MS = 86_400_000;

/** Points with `startMs < time <= endMs`. */
export function timeConditions({ startMs, endMs }: MillisWindow): Conditions {
  return new Conditions().add(
    `Timestamp > fromUnixTimestamp64Milli(${millis(startMs)}) AND Timestamp <= fromUnixTimestamp64Milli(${millis(endMs)})`,
  );
}

/** Series that were written on the window's days. */
export function dayConditions({ startMs, endMs }: MillisWindow): Conditions {
  return new Conditions().add(`Day BETWEEN ${date(startMs)} AND ${date(endMs)}`);
}

/** Windows of one name have the same days. */
export function daysName({ startMs, endMs }: MillisWindow): string {
  return `${Math.floor(startMs / DAY_MS)} ${Math.floor(endMs / DAY_MS)}`;
}

function date(timeMs: number): string {
  return `toDate(toDateTime64(${Math.max(0, Math.floor(timeMs / 1_000))}, 0, 'UTC'))`;
}

function millis(timeMs: number): string {
  return `toInt64(${Math.round(Math.min(Math.max(timeMs, -9e12), 9e12))})`;
}
