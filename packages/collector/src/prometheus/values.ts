/** Settings as Prometheus writes them. */
import { plainOf } from "../schema/expanded.ts";
import type { Schema } from "../schema/schema.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  y: 31_536_000_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
const DURATION = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;

/** Milliseconds, or undefined for what is no duration: `1m`, `1h30m`, `15s`, `500ms`, `0`. */
export function parsePrometheusDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (text === "" || !DURATION.test(text)) return undefined;
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) totalMs += Number(count) * UNIT_MS[unit!]!;
  return totalMs;
}

export const prometheusDuration: Schema<number> = {
  type: "duration",
  read(raw, place) {
    const value = plainOf(raw);
    const ms = parsePrometheusDuration(String(value));
    if (ms === undefined) place.problem(`not a valid duration string: ${JSON.stringify(value)}`, 'write "15s" or "1m"');
    return ms ?? 0;
  },
};

const SIZE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes, in units of 1024. */
export const byteSize: Schema<number> = {
  type: "size",
  read(raw, place) {
    const text = String(plainOf(raw));
    const match = /^(\d+(?:\.\d+)?)([KMGTPE]?i?B)$/.exec(text);
    if (match !== null) return Math.trunc(Number(match[1]) * 1_024 ** SIZE_UNITS.indexOf(match[2]!.replace("i", "")));
    if (text !== "0") place.problem(`units: invalid ${JSON.stringify(text)}`, 'write "10MB"');
    return 0;
  },
};
