/** Numbers and times as people read them. */

/** `850ns`, `12.3µs`, `4.56ms`, `1.23s`, `2m 5s`: three digits that count. */
export function formatNanos(nanos: number): string {
  const size = Math.abs(nanos);
  if (size < 1_000) return `${Math.round(nanos)}ns`;
  if (size < 1e6) return `${threeDigits(nanos / 1e3)}µs`;
  if (size < 1e9) return `${threeDigits(nanos / 1e6)}ms`;
  if (size < 60e9) return `${threeDigits(nanos / 1e9)}s`;
  const seconds = Math.round(nanos / 1e9);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  return `${Math.floor(seconds / 3_600)}h ${Math.floor((seconds % 3_600) / 60)}m`;
}

export function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** `950`, `12.3k`, `4.56M`. */
export function formatCount(value: number): string {
  const size = Math.abs(value);
  if (size < 1_000) return Number.isInteger(value) ? String(value) : threeDigits(value);
  if (size < 1e6) return `${threeDigits(value / 1e3)}k`;
  if (size < 1e9) return `${threeDigits(value / 1e6)}M`;
  return `${threeDigits(value / 1e9)}G`;
}

export function formatPercent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (part / whole) * 100;
  return percent === 0 ? "0%" : percent < 0.1 ? "<0.1%" : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`;
}

/** Local time of day with milliseconds. */
export function formatClock(unixMs: number): string {
  const date = new Date(unixMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Local date and time of day with milliseconds. */
export function formatDateTime(unixMs: number): string {
  const date = new Date(unixMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(unixMs)}`;
}

/** `just now`, `12s ago`, `5m ago`, `3h ago`, `2d ago`. */
export function formatAgo(unixMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - unixMs) / 1_000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h ago`;
  return `${Math.floor(seconds / 86_400)}d ago`;
}

/** Nanoseconds in decimal text, as milliseconds with a fraction. */
export function millisOf(unixNano: string): number {
  return Number(BigInt(unixNano) / 1_000n) / 1_000;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
