/** The helpers for times of `@opentelemetry/core`. An `HrTime` is whole seconds and nanoseconds. */
import type { HrTime, TimeInput } from "@opentelemetry/api";
import { hrTimeOf, toHrTime } from "../../common/hr-time.ts";
import { WallClock } from "../../common/wall-clock.ts";

const NANOS_PER_SECOND = 1_000_000_000;
const clock = new WallClock();

/** Milliseconds since the epoch. */
export function millisToHrTime(epochMillis: number): HrTime {
  return hrTimeOf(epochMillis);
}

/** When the process began, in milliseconds since the epoch. */
export function getTimeOrigin(): number {
  return performance.timeOrigin;
}

/** Now, or the time of a reading of `performance.now()`. */
export function hrTime(performanceNow?: number | null): HrTime {
  return addHrTimes(hrTimeOf(performance.timeOrigin), hrTimeOf(performanceNow ?? performance.now()));
}

/** Now, where `time` is nothing that is a time. */
export function timeInputToHrTime(time: TimeInput): HrTime {
  return toHrTime(time, clock);
}

/** Negative where `endTime` is before `startTime`; the nanoseconds never are. */
export function hrTimeDuration(startTime: HrTime, endTime: HrTime): HrTime {
  const seconds = endTime[0] - startTime[0];
  const nanos = endTime[1] - startTime[1];
  return nanos < 0 ? [seconds - 1, nanos + NANOS_PER_SECOND] : [seconds, nanos];
}

/** ISO 8601, with nanoseconds. */
export function hrTimeToTimeStamp(time: HrTime): string {
  const toSeconds = new Date(time[0] * 1_000).toISOString().slice(0, -"000Z".length);
  return `${toSeconds}${String(time[1]).padStart(9, "0")}Z`;
}

export function hrTimeToNanoseconds(time: HrTime): number {
  return time[0] * NANOS_PER_SECOND + time[1];
}

export function hrTimeToMicroseconds(time: HrTime): number {
  return time[0] * 1e6 + time[1] / 1e3;
}

export function hrTimeToMilliseconds(time: HrTime): number {
  return time[0] * 1e3 + time[1] / 1e6;
}

export function hrTimeToSeconds(time: HrTime): number {
  return time[0] + time[1] / NANOS_PER_SECOND;
}

export function isTimeInputHrTime(value: unknown): value is HrTime {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "number");
}

export function isTimeInput(value: unknown): value is TimeInput {
  return isTimeInputHrTime(value) || typeof value === "number" || value instanceof Date;
}

export function addHrTimes(left: HrTime, right: HrTime): HrTime {
  const seconds = left[0] + right[0];
  const nanos = left[1] + right[1];
  return nanos >= NANOS_PER_SECOND ? [seconds + 1, nanos - NANOS_PER_SECOND] : [seconds, nanos];
}
