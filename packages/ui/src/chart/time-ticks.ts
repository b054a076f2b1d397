/** Times for an axis: round ones, in the reader's zone. */
export interface TimeTick {
  readonly timeMs: number;
  readonly text: string;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const STEPS_MS = [
  1_000,
  5_000,
  15_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  60 * MINUTE,
  180 * MINUTE,
  360 * MINUTE,
  720 * MINUTE,
  DAY,
  2 * DAY,
  7 * DAY,
];

/** At most `target` of them, none too near the window's ends. */
export function timeTicks(startMs: number, endMs: number, target = 8): TimeTick[] {
  const exact = (endMs - startMs) / target;
  const step = STEPS_MS.find((one) => one >= exact) ?? Math.ceil(exact / DAY) * DAY;
  const zoneMs = new Date(startMs).getTimezoneOffset() * MINUTE;
  const margin = (endMs - startMs) * 0.04;
  const ticks: TimeTick[] = [];
  const first = Math.ceil((startMs + margin - zoneMs) / step) * step + zoneMs;
  for (let timeMs = first; timeMs <= endMs - margin; timeMs += step) ticks.push({ timeMs, text: textOf(timeMs, step) });
  return ticks;
}

function textOf(timeMs: number, step: number): string {
  const date = new Date(timeMs);
  if (step >= DAY) return date.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return step < MINUTE ? `${time}:${two(date.getSeconds())}` : time;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
