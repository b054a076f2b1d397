import { useEffect, useState } from "react";

/** The time, in milliseconds since the epoch, renewed every `intervalMs` while the page is visible; never where it is undefined. */
export function useNow(intervalMs: number | undefined): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (intervalMs === undefined) return undefined;
    const renew = (): void => {
      if (document.visibilityState === "visible") setNowMs(Date.now());
    };
    const timer = setInterval(renew, intervalMs);
    document.addEventListener("visibilitychange", renew);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", renew);
    };
  }, [intervalMs]);
  return nowMs;
}
