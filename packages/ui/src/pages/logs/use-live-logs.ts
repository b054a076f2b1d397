import { useEffect, useReducer, useRef } from "react";
import type { Parameters } from "../../api/client.ts";
import type { LiveLog } from "../../api/types.ts";
import { useLive, type LiveState } from "../../live/use-live.ts";
import { EMPTY_BUFFER, liveBuffer, type LiveAction, type LiveBuffer } from "../../log/live-buffer.ts";

/** What arrives is shown at most so often. */
const FLUSH_MS = 400;

/** The live stream of what the filter lets through. */
export function useLiveLogs(filter: Parameters): {
  readonly buffer: LiveBuffer;
  readonly state: LiveState;
  readonly act: (action: LiveAction) => void;
} {
  const [buffer, act] = useReducer(liveBuffer, EMPTY_BUFFER);
  const pending = useRef<{ logs: LiveLog[]; skipped: number }>({ logs: [], skipped: 0 });
  const { spanId } = filter;
  const state = useLive(
    { signal: "logs", ...filter },
    (log) => {
      // The stream knows no filter by span.
      if (spanId === undefined || log.spanId === spanId) pending.current.logs.push(log);
    },
    (count) => (pending.current.skipped += count),
  );
  useEffect(() => {
    const timer = setInterval(() => {
      const { logs, skipped } = pending.current;
      if (logs.length === 0 && skipped === 0) return;
      pending.current = { logs: [], skipped: 0 };
      act({ type: "arrived", logs, skipped });
    }, FLUSH_MS);
    return () => clearInterval(timer);
  }, []);
  return { buffer, state, act };
}
