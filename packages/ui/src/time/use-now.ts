import { useEffect, useState } from "react";

/** The time, in milliseconds since the epoch, renewed every `intervalMs` while the page is visible; never where it is undefined. */
export function useNow(intervalMs: number | undefined): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (intervalMs === undefined) return undefined;
    setNowMs(Date.now());
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setNowMs(Date.now());
    }, intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  return nowMs;
}
