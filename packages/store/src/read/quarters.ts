/** Tables that count by quarters of an hour answer for the whole ones of a window; its ends are counted one by one. */
import type { TimeWindow } from "./conditions.ts";

const QUARTER_NANOS = 900_000_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;

/** The whole quarters of a window, undefined where there are none, and what stands before and behind them. */
export function partsOf(window: TimeWindow): { edges: TimeWindow[]; whole: TimeWindow | undefined } {
  const first = ((window.startUnixNano + QUARTER_NANOS - 1n) / QUARTER_NANOS) * QUARTER_NANOS;
  const last = (window.endUnixNano / QUARTER_NANOS) * QUARTER_NANOS;
  if (window.startUnixNano < 0n || first >= last) return { edges: [window], whole: undefined };
  const edges = [
    { startUnixNano: window.startUnixNano, endUnixNano: first },
    { startUnixNano: last, endUnixNano: window.endUnixNano },
  ];
  return {
    edges: edges.filter(({ startUnixNano, endUnixNano }) => startUnixNano < endUnixNano),
    whole: { startUnixNano: first, endUnixNano: last },
  };
}

/** A condition on the column `Time`. */
export function inQuarters({ startUnixNano, endUnixNano }: TimeWindow): string {
  return `Time >= ${dateTime(startUnixNano)} AND Time < ${dateTime(endUnixNano)}`;
}

function dateTime(unixNano: bigint): string {
  return `toDateTime(${unixNano / NANOS_PER_SECOND})`;
}
