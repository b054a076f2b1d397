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
