import { ClewError } from "./clew-error.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const WHOLE =
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Reads a duration as Go's `time.ParseDuration` does ("300ms", "1h30m", "0").
 * Returns milliseconds, with fractions. Throws `DURATION_INVALID` for anything else.
 */
export function parseDuration(text: string, path?: string): number {
  if (text === "0") return 0;
  if (!WHOLE.test(text)) {
    throw new ClewError("DURATION_INVALID", `expected a duration, got ${JSON.stringify(text)}`, {
      path,
      remedy: 'write "200ms" or "5s"',
    });
  }
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(PART)) totalMs += Number(count) * (UNIT_MS[unit ?? ""] ?? 0);
  return text.startsWith("-") ? -totalMs : totalMs;
}

/** Milliseconds as Go prints a duration: `1h2m3.5s`, `200ms`, `1.5µs`, `0s`. */
export function formatDuration(durationMs: number): string {
  const nanos = Math.round(Math.abs(durationMs) * 1e6);
  if (nanos === 0) return "0s";
  const sign = durationMs < 0 ? "-" : "";
  if (nanos < 1e3) return `${sign}${nanos}ns`;
  if (nanos < 1e6) return `${sign}${nanos / 1e3}µs`;
  if (nanos < 1e9) return `${sign}${nanos / 1e6}ms`;
  const hours = Math.floor(nanos / 3.6e12);
  const minutes = Math.floor((nanos % 3.6e12) / 6e10);
  const seconds = (nanos % 6e10) / 1e9;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}
