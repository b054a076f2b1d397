/** Between a point in time and what a calendar and a clock show. */
import { Time } from "../ottl-value.ts";
import type { Zone } from "./zone.ts";

const NANOS_PER_MS = 1_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;

export interface CalendarParts {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

export function unixMsOf({ unixNano }: Time): number {
  return Number(floorDivided(unixNano, NANOS_PER_MS));
}

/** What the calendar and the clock show at the time's place. */
export function partsOf(time: Time): CalendarParts {
  const seconds = Number(floorDivided(time.unixNano, NANOS_PER_SECOND));
  const date = new Date((seconds + time.zone.offsetAt(seconds * 1_000)) * 1_000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(time.unixNano - BigInt(seconds) * NANOS_PER_SECOND),
    weekday: date.getUTCDay(),
  };
}

/** The time at which calendar and clock show this at a place. */
export function timeOf(parts: Omit<CalendarParts, "weekday">, zone: Zone): Time {
  const shown = new Date(0);
  shown.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  shown.setUTCHours(parts.hour, parts.minute, parts.second);
  const shownMs = shown.getTime();
  const guess = zone.offsetAt(shownMs);
  const offset = zone.offsetAt(shownMs - guess * 1_000);
  const seconds = BigInt(shownMs / 1_000 - offset);
  return new Time(seconds * NANOS_PER_SECOND + BigInt(parts.nanosecond), zone);
}

export function floorDivided(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
