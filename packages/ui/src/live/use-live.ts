import { useEffect, useEffectEvent, useState } from "react";
import { queryOf, type Parameters } from "../api/client.ts";
import type { LiveLog } from "../api/types.ts";

export type LiveState = "connecting" | "open" | "lost";

/**
 * Listens to `/api/clew/v1/live` while `parameters` is given and calls `onLog` with each log
 * record, and `onSkipped` with how many were left out. Reconnects by itself.
 */
export function useLive(
  parameters: Parameters | undefined,
  onLog: (log: LiveLog) => void,
  onSkipped: (count: number) => void,
): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const query = parameters === undefined ? undefined : queryOf(parameters);
  const log = useEffectEvent((event: MessageEvent<string>) => onLog(JSON.parse(event.data) as LiveLog));
  const skipped = useEffectEvent((event: MessageEvent<string>) => {
    onSkipped((JSON.parse(event.data) as { count: number }).count);
  });
  useEffect(() => {
    if (query === undefined) return undefined;
    const source = new EventSource(`/api/clew/v1/live${query}`);
    source.addEventListener("ready", () => setState("open"));
    source.addEventListener("log", (event: MessageEvent<string>) => log(event));
    source.addEventListener("skipped", (event: MessageEvent<string>) => skipped(event));
    source.addEventListener("error", () => setState("lost"));
    return () => {
      source.close();
      setState("connecting");
    };
  }, [query]);
  return state;
}
