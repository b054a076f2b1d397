/** Go's `time.Time` (UTC, to the millisecond) and `time.Duration`, as templates use them. */
import { formatDuration } from "@clew/base";
import { Structure, type Value, valueText } from "./values.ts";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
/** Each part of a layout, longest first: Go's reference time is Mon Jan 2 15:04:05 MST 2006. */
const LAYOUT =
  /January|Jan|Monday|Mon|MST|Z07:00|Z0700|-07:00|-0700|-07|2006|002|__2|_2|01|02|03|04|05|06|15|PM|pm|[.,]0+|[.,]9+|1|2|3|4|5/g;

/** Go's zero time, which stands for "none". */
export const ZERO_TIME_MS: number = Date.parse("0001-01-01T00:00:00Z");

/** A time that templates can format and calculate with. */
export function timeValue(timeMs: number): Structure {
  const time = new Date(timeMs);
  const text = timeText(timeMs);
  const int = (value: number) => (): bigint => BigInt(value);
  return new Structure("*time.Time", text, {
    inner: timeMs,
    methods: {
      String: () => text,
      Format: (layout) => formatTime(timeMs, valueText(layout)),
      UTC: () => timeValue(timeMs),
      Local: () => timeValue(timeMs),
      Add: (duration) => timeValue(timeMs + innerMs(duration)),
      Sub: (other) => durationValue(timeMs - innerMs(other)),
      Before: (other) => timeMs < innerMs(other),
      After: (other) => timeMs > innerMs(other),
      Equal: (other) => timeMs === innerMs(other),
      IsZero: () => timeMs === ZERO_TIME_MS,
      Unix: int(Math.floor(timeMs / 1000)),
      UnixMilli: int(timeMs),
      UnixNano: () => BigInt(timeMs) * 1_000_000n,
      Year: int(time.getUTCFullYear()),
      Month: () => named("time.Month", MONTHS[time.getUTCMonth()] ?? ""),
      Day: int(time.getUTCDate()),
      Weekday: () => named("time.Weekday", DAYS[time.getUTCDay()] ?? ""),
      YearDay: int(dayOfYear(time)),
      Hour: int(time.getUTCHours()),
      Minute: int(time.getUTCMinutes()),
      Second: int(time.getUTCSeconds()),
    },
  });
}

/** A duration that templates can print and add to times. */
export function durationValue(durationMs: number): Structure {
  return new Structure("*time.Duration", formatDuration(durationMs), {
    inner: durationMs,
    methods: {
      String: () => formatDuration(durationMs),
      Hours: () => durationMs / 3_600_000,
      Minutes: () => durationMs / 60_000,
      Seconds: () => durationMs / 1_000,
      Milliseconds: () => BigInt(Math.trunc(durationMs)),
      Abs: () => durationValue(Math.abs(durationMs)),
    },
  });
}

/** A time as Go prints it: `2015-06-23 13:19:44.128 +0000 UTC`. */
export function timeText(timeMs: number): string {
  return formatTime(timeMs, "2006-01-02 15:04:05.999 -0700 MST");
}

function innerMs(value: Value): number {
  if (value instanceof Structure && typeof value.inner === "number") return value.inner;
  throw new Error("wrong type of argument: expected a time or a duration");
}

function named(type: string, text: string): Structure {
  return new Structure(type, text, { methods: { String: () => text } });
}

function dayOfYear(time: Date): number {
  return Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

function formatTime(timeMs: number, layout: string): string {
  const time = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const month = MONTHS[time.getUTCMonth()] ?? "";
  const day = DAYS[time.getUTCDay()] ?? "";
  const hour = time.getUTCHours();
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const parts: Readonly<Record<string, string>> = {
    January: month,
    Jan: month.slice(0, 3),
    Monday: day,
    Mon: day.slice(0, 3),
    MST: "UTC",
    "Z07:00": "Z",
    Z0700: "Z",
    "-07:00": "+00:00",
    "-0700": "+0000",
    "-07": "+00",
    "2006": String(time.getUTCFullYear()).padStart(4, "0"),
    "06": two(time.getUTCFullYear() % 100),
    "002": String(dayOfYear(time)).padStart(3, "0"),
    __2: String(dayOfYear(time)).padStart(3),
    "01": two(time.getUTCMonth() + 1),
    "1": String(time.getUTCMonth() + 1),
    "02": two(time.getUTCDate()),
    _2: String(time.getUTCDate()).padStart(2),
    "2": String(time.getUTCDate()),
    "15": two(hour),
    "03": two(hour12),
    "3": String(hour12),
    "04": two(time.getUTCMinutes()),
    "4": String(time.getUTCMinutes()),
    "05": two(time.getUTCSeconds()),
    "5": String(time.getUTCSeconds()),
    PM: hour < 12 ? "AM" : "PM",
    pm: hour < 12 ? "am" : "pm",
  };
  return layout.replace(LAYOUT, (part) => parts[part] ?? fraction(time.getUTCMilliseconds(), part));
}

/** `.000` always gives three digits, `.999` as many as are not zero. */
function fraction(milliseconds: number, part: string): string {
  const digits = String(milliseconds)
    .padStart(3, "0")
    .padEnd(part.length - 1, "0")
    .slice(0, part.length - 1);
  const kept = part.includes("9") ? digits.replace(/0+$/, "") : digits;
  return kept === "" ? "" : `${part.charAt(0)}${kept}`;
}
