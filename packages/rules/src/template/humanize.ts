/** How Prometheus's templates write numbers for people. */
import { goGeneralText } from "@clew/query";
import { general } from "./go-format.ts";
import type { Value } from "./values.ts";

const LARGE = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL = ["m", "u", "n", "p", "f", "a", "z", "y"];
const BINARY = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const LARGEST_INT64 = 2 ** 63;
const NUMBER = /^[+-]?(?:(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|0x[\da-f]+|inf(?:inity)?|nan)$/i;

/** The float that a number or a number's text is. Throws an `Error` in Go's words. */
export function toFloat(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string") throw new Error(`can't convert ${typeof value} to float`);
  if (!NUMBER.test(value)) throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
  const plain = value.toLowerCase().replace("+", "");
  if (plain.includes("nan")) return NaN;
  if (plain.includes("inf")) return plain.startsWith("-") ? -Infinity : Infinity;
  return Number(value);
}

/** `1.235M`, `120m`. */
export function humanize(value: Value): string {
  const number = toFloat(value);
  if (number === 0 || !Number.isFinite(number)) return fourDigits(number);
  const isLarge = Math.abs(number) >= 1;
  return scaled(number, isLarge ? LARGE : SMALL, isLarge ? 1000 : 0.001, (size) => (isLarge ? size < 1000 : size >= 1));
}

/** `1.177Mi`. */
export function humanize1024(value: Value): string {
  const number = toFloat(value);
  if (Math.abs(number) <= 1 || !Number.isFinite(number)) return fourDigits(number);
  return scaled(number, BINARY, 1024, (size) => size < 1024);
}

/** `12.35%` for 0.12345. */
export function humanizePercentage(value: Value): string {
  return `${fourDigits(toFloat(value) * 100)}%`;
}

/** `1d 2h 3m 4s`; below a second `123.5ms`. */
export function humanizeDuration(value: Value): string {
  const seconds = toFloat(value);
  if (!Number.isFinite(seconds)) return fourDigits(seconds);
  if (seconds === 0) return "0s";
  if (Math.abs(seconds) < 1) return `${scaled(seconds, SMALL, 0.001, (size) => size >= 1)}s`;
  const sign = seconds < 0 ? "-" : "";
  const size = Math.abs(seconds);
  const whole = Math.trunc(size);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3_600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  const rest = `${whole % 60}s`;
  if (days !== 0) return `${sign}${days}d ${hours}h ${minutes}m ${rest}`;
  if (hours !== 0) return `${sign}${hours}h ${minutes}m ${rest}`;
  if (minutes !== 0) return `${sign}${minutes}m ${rest}`;
  return `${fourDigits(seconds)}s`;
}

/** Seconds since the epoch as milliseconds. Throws an `Error` where Go's nanoseconds can't hold them. */
export function secondsToMs(seconds: number): number {
  if (Number.isNaN(seconds) || !Number.isFinite(seconds)) throw new Error("value is NaN or Inf");
  const nanos = seconds * 1e9;
  if (Math.abs(nanos) > LARGEST_INT64)
    throw new Error(
      `${goGeneralText(seconds)} cannot be represented as a nanoseconds timestamp since it overflows int64`,
    );
  return Math.trunc(nanos / 1e6);
}

function scaled(value: number, prefixes: readonly string[], factor: number, isDone: (size: number) => boolean): string {
  let rest = value;
  let used = "";
  for (const prefix of prefixes) {
    if (isDone(Math.abs(rest))) break;
    used = prefix;
    // A factor of 0.001 is not exact: dividing by it would not give what multiplying by 1000 does.
    rest = factor < 1 ? rest * Math.round(1 / factor) : rest / factor;
  }
  return `${fourDigits(rest)}${used}`;
}

function fourDigits(value: number): string {
  if (!Number.isFinite(value)) return goGeneralText(value);
  const negative = value < 0 || Object.is(value, -0);
  return `${negative ? "-" : ""}${general(Math.abs(value), 4)}`;
}
