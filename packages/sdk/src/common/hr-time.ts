/** Times as `@opentelemetry/api` has them: whole seconds since the epoch, and nanoseconds. */
import type { HrTime, TimeInput } from "@opentelemetry/api";
import { nanosParts, type Writer } from "@clew/otlp";
import type { Clock } from "@clew/base";

export function hrTimeOf(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1_000);
  return [seconds, Math.floor((epochMs - seconds * 1_000) * 1e6)];
}

/** Reads what a user gave as a time; now if nothing, or nothing that is a time. */
export function toHrTime(input: TimeInput | undefined, clock: Clock): HrTime {
  if (Array.isArray(input)) return [Math.floor(input[0]) || 0, Math.floor(input[1]) || 0];
  const epochMs = input instanceof Date ? input.getTime() : input;
  if (typeof epochMs !== "number" || !Number.isFinite(epochMs)) return hrTimeOf(clock.nowMs());
  // A number this small is a reading of `performance.now()`, by the API's convention.
  return hrTimeOf(epochMs < performance.timeOrigin ? performance.timeOrigin + epochMs : epochMs);
}

/** Negative when `left` is the earlier, positive when it is the later, in nanoseconds. */
export function compareHrTime(left: HrTime, right: HrTime): number {
  return (left[0] - right[0]) * 1e9 + (left[1] - right[1]);
}

/** How long from `start` to `end`; never negative. */
export function durationBetween(start: HrTime, end: HrTime): HrTime {
  if (compareHrTime(end, start) <= 0) return [0, 0];
  const nanos = end[1] - start[1];
  return nanos < 0 ? [end[0] - start[0] - 1, nanos + 1e9] : [end[0] - start[0], nanos];
}

export function hrTimeToMs(time: HrTime): number {
  return time[0] * 1_000 + time[1] / 1e6;
}

/** Writes `time` as a `fixed64` of nanoseconds since the epoch. */
export function writeTime(writer: Writer, field: number, time: HrTime): void {
  const { low, high } = nanosParts(Math.max(time[0], 0), time[1]);
  writer.fixed64Parts(field, low, high);
}
