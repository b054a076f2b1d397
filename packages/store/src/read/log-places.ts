/** Where log records stand: by time, then by a hash of what they say, then counted. */
import type { TimeWindow } from "./conditions.ts";

/** A record's place. Records of one nanosecond are told apart by a hash of what they say, and then counted. */
export interface LogCursor {
  readonly timeUnixNano: bigint;
  readonly hash: bigint;
  /** How many records with this time and hash stand before it. */
  readonly repeat: number;
}

interface Placed {
  readonly cursor: LogCursor;
}

/** Positive where `left` is the later one, or of one time and with the larger hash. */
function comparePlaces(left: LogCursor, right: LogCursor): number {
  if (left.timeUnixNano !== right.timeUnixNano) return left.timeUnixNano < right.timeUnixNano ? -1 : 1;
  return left.hash === right.hash ? 0 : left.hash < right.hash ? -1 : 1;
}

export function inOrder<One extends Placed>(records: readonly One[], isOldestFirst: boolean): One[] {
  const sign = isOldestFirst ? 1 : -1;
  return records.toSorted((left, right) => sign * comparePlaces(left.cursor, right.cursor));
}

/** How many records of the cursor's time and hash were on pages up to it. */
export function countBefore(after: LogCursor): number {
  return after.repeat + 1;
}

/** Those of the cursor's own time and hash are counted: so many of them are not behind it. */
export function recordsBehind<One extends Placed>(
  records: readonly One[],
  after: LogCursor,
  isOldestFirst: boolean,
): One[] {
  const sign = isOldestFirst ? 1 : -1;
  let before = countBefore(after);
  return records.filter(({ cursor }) => {
    const place = sign * comparePlaces(cursor, after);
    return place > 0 || (place === 0 && before-- <= 0);
  });
}

/** Counts neighbours with one time and hash, beginning with the page before. */
export function withRepeats<One extends Placed>(records: readonly One[], after: LogCursor | undefined): One[] {
  let previous = after;
  return records.map((record) => {
    const { timeUnixNano, hash } = record.cursor;
    const isSame = previous?.timeUnixNano === timeUnixNano && previous.hash === hash;
    previous = { timeUnixNano, hash, repeat: isSame ? previous!.repeat + 1 : 0 };
    return { ...record, cursor: previous };
  });
}

/** Records of the cursor's own time are asked for again: its hash tells which of them were on the page. */
export function windowAfter(
  { startUnixNano, endUnixNano }: TimeWindow,
  after: LogCursor | undefined,
  isOldestFirst: boolean,
): TimeWindow {
  if (after === undefined) return { startUnixNano, endUnixNano };
  const { timeUnixNano } = after;
  if (isOldestFirst) return { startUnixNano: timeUnixNano > startUnixNano ? timeUnixNano : startUnixNano, endUnixNano };
  return { startUnixNano, endUnixNano: timeUnixNano < endUnixNano ? timeUnixNano + 1n : endUnixNano };
}
