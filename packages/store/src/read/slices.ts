import type { TimeWindow } from "./conditions.ts";

/** The first part is this fraction of the window. */
const FIRST_FRACTION = 64n;
const GROWTH = 8n;
const SHORTEST_NANOS = 10_000_000_000n;

/** Asked after each part: whether all that is left may be the next one, because little of it will be read. */
export type Leaps = () => boolean;

/**
 * A window in parts, from its end to its start, each eight times as long as the one before: who wants the newest few of
 * something reads little where there is much of it, and all of the window once where there is little.
 */
export function* newestFirst({ startUnixNano, endUnixNano }: TimeWindow, leaps: Leaps): Generator<TimeWindow> {
  let length = firstLength(endUnixNano - startUnixNano);
  for (let end = endUnixNano; end > startUnixNano; length = nextLength(length, leaps)) {
    const start = end - length > startUnixNano ? end - length : startUnixNano;
    yield { startUnixNano: start, endUnixNano: end };
    end = start;
  }
}

/** The same from the start to the end. */
export function* oldestFirst({ startUnixNano, endUnixNano }: TimeWindow, leaps: Leaps): Generator<TimeWindow> {
  let length = firstLength(endUnixNano - startUnixNano);
  for (let start = startUnixNano; start < endUnixNano; length = nextLength(length, leaps)) {
    const end = start + length < endUnixNano ? start + length : endUnixNano;
    yield { startUnixNano: start, endUnixNano: end };
    start = end;
  }
}

function firstLength(windowNanos: bigint): bigint {
  const length = windowNanos / FIRST_FRACTION;
  return length > SHORTEST_NANOS ? length : SHORTEST_NANOS;
}

function nextLength(length: bigint, leaps: Leaps): bigint {
  return length * (leaps() ? FIRST_FRACTION : GROWTH);
}
