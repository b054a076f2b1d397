import type { Clock } from "@clew/base";
import type { QuerySettings } from "./engine.ts";

/** A query may take this long, unless somebody says otherwise. */
export const DEFAULT_QUERY_TIMEOUT_MS = 120_000;

/** Runs `ask` until it is done, `timeoutMs` have passed (a query then ends with `QUERY_TIMEOUT`), or `signal` aborts. */
export async function withinTime<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  ask: (settings: Required<Pick<QuerySettings, "signal" | "deadlineMs">>) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort(new DOMException("timed out", "TimeoutError")));
  try {
    const deadlineMs = clock.nowMs() + timeoutMs;
    return await ask({ signal: AbortSignal.any([signal, timeout.signal]), deadlineMs });
  } finally {
    cancel();
  }
}
