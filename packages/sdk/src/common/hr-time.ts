/** Times as `@opentelemetry/api` has them: whole seconds since the epoch, and nanoseconds. */
import type { HrTime, TimeInput } from "@opentelemetry/api";
import { nanosParts, putLittleWord, type Writer } from "@clew/otlp";
import type { TimeReader } from "./wall-clock.ts";

/**
 * A number may be milliseconds since the epoch or, by the API's convention, a reading of
 * `performance.now()`. No process runs for three years, and no telemetry is from before 1973.
 */
const LARGEST_MONOTONIC_MS = 1e11;

export function hrTimeOf(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1_000);
  return [seconds, Math.floor((epochMs - seconds * 1_000) * 1e6)];
}

/** Reads what a user gave as a time; now if nothing, or nothing that is a time. */
export function toHrTime(input: TimeInput | undefined, reader: TimeReader): HrTime {
  if (Array.isArray(input)) return [Math.floor(input[0]) || 0, Math.floor(input[1]) || 0];
  const ms = input instanceof Date ? input.getTime() : input;
  if (typeof ms !== "number" || !Number.isFinite(ms)) {
    reader.read();
    return [reader.seconds, reader.nanos];
  }
  const isMonotonic = typeof input === "number" && ms < LARGEST_MONOTONIC_MS;
  return hrTimeOf(isMonotonic ? performance.timeOrigin + ms : ms);
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

const TWO_32 = 2 ** 32;

/** Does the same for many times one after the other, most of which are of one second. */
export class TimeWriter {
  #seconds = -1;
  // No small integer to V8, as hardly any of them is: what is made for those would be thrown away.
  #low = TWO_32;
  #high = 0;

  /** Puts eight bytes at `position`; returns where they end. */
  put(bytes: Uint8Array, position: number, seconds: number, nanos: number): number {
    if (seconds !== this.#seconds) this.#turnTo(seconds);
    const low = this.#low + nanos;
    const carry = low < TWO_32 ? 0 : 1;
    return putLittleWord(bytes, putLittleWord(bytes, position, low - carry * TWO_32), this.#high + carry);
  }

  #turnTo(seconds: number): void {
    const { low, high } = nanosParts(Math.max(seconds, 0), 0);
    this.#seconds = seconds;
    this.#low = low;
    this.#high = high;
  }
}
