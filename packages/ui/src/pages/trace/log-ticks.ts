import type { LogRecord, TraceSkeleton } from "../../api/types.ts";
import type { LogTick } from "./waterfall-row.ts";

const SEVERITY_ERROR = 17;

/** When each span logged. */
export function logTicksOf(
  skeleton: TraceSkeleton,
  records: readonly LogRecord[],
): ReadonlyMap<string, readonly LogTick[]> {
  const ticks = new Map<string, LogTick[]>();
  for (const record of records) {
    const tick = {
      offsetNanos: Math.max(0, offsetOf(skeleton, record)),
      isError: record.severityNumber >= SEVERITY_ERROR,
    };
    const others = ticks.get(record.spanId);
    if (others === undefined) ticks.set(record.spanId, [tick]);
    else others.push(tick);
  }
  return ticks;
}

/** Nanoseconds from the trace's start. */
export function offsetOf({ startUnixNano }: TraceSkeleton, { timestampUnixNano }: LogRecord): number {
  return Number(BigInt(timestampUnixNano) - BigInt(startUnixNano));
}
