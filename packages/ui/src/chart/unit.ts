/** How values of a unit are written. Units are as OpenTelemetry writes them (UCUM: `s`, `ms`, `By`, `{order}`, `1`). */
import { formatCount, formatNanos, threeDigits } from "../format/format.ts";

export interface Unit {
  /** The value with its unit, three digits that count. */
  readonly format: (value: number) => string;
  /** What an axis is titled with where its ticks do not tell; may be empty. */
  readonly title: string;
  /** Ticks fall on powers of two. */
  readonly isBinary: boolean;
}

const NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  min: 60e9,
  h: 3_600e9,
  d: 86_400e9,
};
const BYTES: Readonly<Record<string, number>> = {
  By: 1,
  kBy: 1e3,
  MBy: 1e6,
  GBy: 1e9,
  KiBy: 2 ** 10,
  MiBy: 2 ** 20,
  GiBy: 2 ** 30,
};
const BYTE_SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** The unit by its UCUM code. `perSecond` where the values are a rate of it. */
export function unitOf(code: string, perSecond = false): Unit {
  const nanos = NANOS[code];
  if (nanos !== undefined && !perSecond) {
    return { format: (value) => (value === 0 ? "0" : formatNanos(value * nanos)), title: "", isBinary: false };
  }
  const bytes = BYTES[code];
  const suffix = perSecond ? "/s" : "";
  if (bytes !== undefined) {
    return { format: (value) => `${formatBytes(value * bytes)}${suffix}`, title: "", isBinary: true };
  }
  if (code === "%") return { format: (value) => `${formatNumber(value)}%${suffix}`, title: "", isBinary: false };
  const noun = code === "1" ? "" : code.replaceAll(/[{}]/g, "");
  const title = `${noun}${suffix}`;
  return {
    format: (value) => [formatNumber(value), title].filter((part) => part !== "").join(noun === "" ? "" : " "),
    title,
    isBinary: false,
  };
}

/** A tick's text: without zeros that say nothing, and without the noun that the axis is titled with. */
export function formatTick(value: number, unit: Unit): string {
  const text = unit.title === "" ? unit.format(value) : formatNumber(value);
  return text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}

export function formatNumber(value: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size < 0.01) return value.toPrecision(3);
  return size < 1_000 ? (Number.isInteger(value) ? String(value) : threeDigits(value)) : formatCount(value);
}

/** `512B`, `1.50KiB`, `20.0MiB`. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let step = 0;
  while (Math.abs(size) >= 1_024 && step < BYTE_SIZES.length - 1) {
    size /= 1_024;
    step++;
  }
  return `${step === 0 ? formatNumber(size) : threeDigits(size)}${BYTE_SIZES[step] ?? ""}`;
}
