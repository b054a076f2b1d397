import { quoted } from "./labels.ts";
import { queryError } from "./query-error.ts";

const UNITS: readonly (readonly [unit: string, milliseconds: number, onlyWhole: boolean])[] = [
  ["y", 365 * 86_400_000, true],
  ["w", 7 * 86_400_000, true],
  ["d", 86_400_000, false],
  ["h", 3_600_000, false],
  ["m", 60_000, false],
  ["s", 1_000, false],
  ["ms", 1, false],
];

const WHOLE = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const LONGEST_MS = 2 ** 63 / 1e6;

/** Reads a Prometheus duration ("1h30m", "5ms", "0") as milliseconds. Throws `QUERY_BAD_DATA` for anything else. */
export function parsePrometheusDuration(text: string): number {
  if (text === "0") return 0;
  if (text === "") throw queryError("bad_data", "empty duration string");
  const parts = WHOLE.exec(text);
  if (parts === null) throw queryError("bad_data", `${problemOf(text)} ${quoted(text)}`);
  const totalMs = UNITS.reduce((sum, [, milliseconds], i) => sum + Number(parts[i + 1] ?? 0) * milliseconds, 0);
  if (totalMs > LONGEST_MS) throw queryError("bad_data", "duration out of range");
  return totalMs;
}

/** Writes milliseconds as Prometheus does: the largest units first, weeks and years only where they are exact. */
export function prometheusDurationText(durationMs: number): string {
  let rest = Math.abs(Math.round(durationMs));
  if (rest === 0) return "0s";
  let text = durationMs < 0 ? "-" : "";
  for (const [unit, milliseconds, onlyWhole] of UNITS) {
    if (onlyWhole && rest % milliseconds !== 0) continue;
    const count = Math.floor(rest / milliseconds);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * milliseconds;
  }
  return text;
}

function problemOf(text: string): string {
  let last = -1;
  for (const [, unit = ""] of text.matchAll(/\d+(\D*)/g)) {
    const place = UNITS.findIndex(([name]) => name === unit);
    if (place < 0 && unit !== "" && /^\d/.test(text)) return `unknown unit ${quoted(unit)} in duration`;
    if (place <= last) break;
    last = place;
  }
  return "not a valid duration string:";
}
