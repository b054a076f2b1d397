/** What a live tail shows, and what waits while it is paused. Newest first. */
import type { LiveLog, LogRecord } from "../api/types.ts";

/** The oldest beyond this are let go: a tail is for what happens now. */
export const MAX_RECORDS = 5_000;

export interface LiveBuffer {
  readonly isPaused: boolean;
  readonly shown: readonly LogRecord[];
  readonly waiting: readonly LogRecord[];
  /** How many were ever taken in; gives each record its id. */
  readonly count: number;
  /** How many were left out by the server, or did not fit while paused. */
  readonly skipped: number;
}

export const EMPTY_BUFFER: LiveBuffer = { isPaused: false, shown: [], waiting: [], count: 0, skipped: 0 };

export type LiveAction =
  | { readonly type: "arrived"; readonly logs: readonly LiveLog[]; readonly skipped: number }
  | { readonly type: "pause" }
  | { readonly type: "resume" };

export function liveBuffer(buffer: LiveBuffer, action: LiveAction): LiveBuffer {
  if (action.type === "pause") return { ...buffer, isPaused: true };
  if (action.type === "resume") {
    return {
      ...buffer,
      isPaused: false,
      waiting: [],
      shown: [...buffer.waiting, ...buffer.shown].slice(0, MAX_RECORDS),
    };
  }
  const { logs, skipped } = action;
  const records = logs.map((log, i) => recordOf(log, buffer.count + i)).toSorted(newestFirst);
  const counted = { ...buffer, count: buffer.count + logs.length, skipped: buffer.skipped + skipped };
  if (!buffer.isPaused) return { ...counted, shown: [...records, ...buffer.shown].slice(0, MAX_RECORDS) };
  const waiting = [...records, ...buffer.waiting];
  const dropped = Math.max(0, waiting.length - MAX_RECORDS);
  return { ...counted, waiting: waiting.slice(0, MAX_RECORDS), skipped: counted.skipped + dropped };
}

/** Whether the record comes from the live stream, and so lacks what only the store knows. */
export function isLiveRecord({ id }: LogRecord): boolean {
  return id.startsWith("live-");
}

/** Batches of several services come at once; what comes later stays above what was shown. */
function newestFirst(a: LogRecord, b: LogRecord): number {
  const [timeA, timeB] = [BigInt(a.timestampUnixNano), BigInt(b.timestampUnixNano)];
  return timeA === timeB ? 0 : timeA < timeB ? 1 : -1;
}

function recordOf(log: LiveLog, number: number): LogRecord {
  const { timestampUnixNano, service, scope, severityNumber, severityText, bodyText, eventName, traceId, spanId } = log;
  return {
    id: `live-${number}`,
    timestampUnixNano,
    service,
    severityNumber,
    severityText,
    bodyText,
    attributes: Object.entries(log.attributes).map(([key, text]) => ({ key, value: { stringValue: text } })),
    traceId,
    spanId,
    eventName,
    resource: { attributes: [] },
    scope: { name: scope },
  };
}
