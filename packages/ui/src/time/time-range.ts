/**
 * The one time range that every view shares, as it stands in the address: `from` and `to`,
 * each either relative to now (`now-15m`, `now`) or an absolute time (milliseconds since the epoch).
 */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

/** A range with now filled in; milliseconds since the epoch. */
export interface ResolvedRange {
  readonly startMs: number;
  readonly endMs: number;
}

export const DEFAULT_RANGE: TimeRange = { from: "now-15m", to: "now" };

export const PRESETS: readonly { readonly label: string; readonly from: string }[] = [
  { label: "5 minutes", from: "now-5m" },
  { label: "15 minutes", from: "now-15m" },
  { label: "1 hour", from: "now-1h" },
  { label: "3 hours", from: "now-3h" },
  { label: "12 hours", from: "now-12h" },
  { label: "24 hours", from: "now-24h" },
  { label: "7 days", from: "now-7d" },
];

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function resolveRange({ from, to }: TimeRange, nowMs: number): ResolvedRange {
  const endMs = resolveTime(to, nowMs) ?? nowMs;
  const startMs = resolveTime(from, nowMs) ?? endMs - 900_000;
  return startMs < endMs ? { startMs, endMs } : { startMs: endMs - 900_000, endMs };
}

/** Milliseconds, undefined for text that is no time. */
export function resolveTime(text: string, nowMs: number): number | undefined {
  if (text === "now") return nowMs;
  const [, count, unit] = /^now-(\d+)([smhdw])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return nowMs - Number(count) * (UNIT_MS[unit] ?? 0);
  if (/^\d{10,16}$/.test(text)) return Number(text);
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Whether the range moves with the clock. */
export function isLive({ to }: TimeRange): boolean {
  return to === "now";
}

/** The range as a fixed one, for a link that shall show the same tomorrow. */
export function frozen(range: TimeRange, nowMs: number): TimeRange {
  const { startMs, endMs } = resolveRange(range, nowMs);
  return { from: String(Math.round(startMs)), to: String(Math.round(endMs)) };
}

export function rangeLabel({ from, to }: TimeRange): string {
  const preset = to === "now" ? PRESETS.find((one) => one.from === from) : undefined;
  if (preset !== undefined) return `Last ${preset.label}`;
  return `${timeLabel(from)} – ${timeLabel(to)}`;
}

function timeLabel(text: string): string {
  if (text.startsWith("now")) return text;
  const time = resolveTime(text, 0);
  if (time === undefined) return text;
  return new Date(time).toLocaleString(undefined, {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}
